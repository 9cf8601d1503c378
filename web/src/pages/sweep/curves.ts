// Curves of trials for sparklines: fetched for the rows that are seen, again when
// their trial has new readings.
import { type Schema, api, take } from "../../api/client";
import { num } from "../../api/numbers";

/** Points per sparkline; it is 88 pixels wide. */
const POINTS = 44;
const AT_ONCE = 100; // the API's cap
const PAUSE = 150; // ms without scrolling before anything is asked for

interface Curve {
  resource: number;
  values: number[];
}

export class Curves {
  private readonly known = new Map<number, Curve>();
  private readonly listeners = new Set<() => void>();
  private wanted = new Map<number, number>();
  private timer?: ReturnType<typeof setTimeout>;
  private asking = false;
  private version = 0;

  constructor(private readonly sweep: string) {}

  get(trial: number): number[] | undefined {
    return this.known.get(trial)?.values;
  }

  /** Takes curves that came with another answer. */
  take(curves: Schema["Curves"] | undefined): void {
    if (!curves) return;
    for (const c of curves.curves) {
      this.known.set(c.trial, {
        resource: c.resources.at(-1) ?? 0,
        values: c.values.map((v) => num(v) ?? NaN),
      });
    }
    this.version++;
    for (const l of this.listeners) l();
  }

  /** Says which rows are seen now, and how far each trial has come. */
  see(rows: Iterable<[trial: number, resource: number]>): void {
    this.wanted = new Map(rows);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(), PAUSE);
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = (): number => this.version;

  private async ask(): Promise<void> {
    const trials = [...this.wanted]
      .filter(([trial, resource]) => resource > 0 && (this.known.get(trial)?.resource ?? 0) < resource)
      .map(([trial]) => trial)
      .slice(0, AT_ONCE);
    if (trials.length === 0 || this.asking) return;
    this.asking = true;
    try {
      this.take(
        await take(
          api.GET("/api/v1/sweeps/{sweep}/curves", {
            params: { path: { sweep: this.sweep }, query: { trials: trials.join(","), points: POINTS } },
          }),
        ),
      );
    } catch {
      // A sparkline is an extra: without an answer it stays as it was, and the
      // page's own line says that the server does not answer.
    } finally {
      this.asking = false;
    }
  }
}
