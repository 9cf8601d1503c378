// The trials of one sweep as the page holds them: rows by number, merged from
// columnar answers in whatever order they come.
import type { TrialColumns, TrialState } from "../../api/client";
import { isNumber, num } from "../../api/numbers";

/** One trial: values by column name, as the API names columns. */
export type Row = { number: number; state: TrialState } & Record<string, unknown>;

/** A snapshot of the rows; a new object whenever anything changed. */
export interface View {
  rows: Row[];
  columns: string[]; // in order of first appearance
  total: number; // trials that there are, whether or not they are here
  seq: number;
}

export class Trials {
  private readonly byNumber = new Map<number, Row>();
  private columns: string[] = [];
  private total = 0;
  private seq = 0;
  private snapshot: View | undefined;
  private readonly listeners = new Set<() => void>();

  /** Takes rows in; what comes later replaces what came earlier. */
  merge(answer: TrialColumns): void {
    this.take(answer);
    this.changed();
  }

  /** Takes several answers in, in order, and tells of them once. */
  mergeAll(answers: readonly TrialColumns[]): void {
    if (answers.length === 0) return;
    for (const a of answers) this.take(a);
    this.changed();
  }

  private take(answer: TrialColumns): void {
    const { columns, rows, values } = answer;
    const at = columns.indexOf("number");
    if (at >= 0 && values !== undefined) {
      for (const c of columns) if (!this.columns.includes(c)) this.columns.push(c);
      for (let i = 0; i < rows; i++) {
        const number = values[at]![i] as number;
        const row = { ...this.byNumber.get(number) } as Row;
        for (let c = 0; c < columns.length; c++) {
          const v = values[c]![i];
          row[columns[c]!] = v === null || v === undefined ? undefined : isNumber(v) ? num(v) : v;
        }
        this.byNumber.set(number, row);
      }
    }
    this.total = Math.max(this.total, answer.total, this.byNumber.size);
    this.seq = Math.max(this.seq, answer.seq);
  }

  row = (number: number): Row | undefined => this.byNumber.get(number);

  /** The same object until something changes, as React's external stores want. */
  view = (): View => {
    this.snapshot ??= { rows: [...this.byNumber.values()], columns: this.columns.slice(), total: this.total, seq: this.seq };
    return this.snapshot;
  };

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private changed(): void {
    this.snapshot = undefined;
    for (const l of this.listeners) l();
  }
}
