// One sweep's changes as they happen: server-sent events, and where those do not
// get through, long polls of the same resource. Framework-free; runs in a page or
// in a worker.
import type { Changes } from "../api/client";

export type Status = "connecting" | "live" | "ended" | "lost";

export interface Listener {
  changes(page: Changes): void;
  /** retryIn is in milliseconds, with "lost" only. */
  status(status: Status, retryIn?: number): void;
}

/** What the stream needs of its surroundings; tests bring their own. */
export interface World {
  fetch: typeof fetch;
  EventSource?: typeof EventSource;
  setTimeout: (f: () => void, ms: number) => unknown;
  clearTimeout: (handle: never) => void;
}

const FIRST_RETRY = 1_000;
const LAST_RETRY = 15_000;
const POLL_SECONDS = 25;
/** Events that failed this often without a page in between give way to polls. */
const TRIES_BEFORE_POLLING = 2;

/** Follows a sweep's changes after a change number until closed or ended. Pages
 * come in order of seq; after a break the stream goes on behind the last page. */
export class Stream {
  private last: number;
  private closed = false;
  private retry = FIRST_RETRY;
  private failures = 0;
  private source?: EventSource;
  private timer?: unknown;
  private abort?: AbortController;

  constructor(
    private readonly sweep: string,
    after: number,
    private readonly listener: Listener,
    private readonly world: World = globalThis as unknown as World,
  ) {
    this.last = after;
    listener.status("connecting");
    this.open();
  }

  /** The change number up to which everything has been passed on. */
  get seq(): number {
    return this.last;
  }

  close(): void {
    this.closed = true;
    this.source?.close();
    this.abort?.abort();
    if (this.timer !== undefined) this.world.clearTimeout(this.timer as never);
  }

  private address(more = ""): string {
    return `/api/v1/sweeps/${encodeURIComponent(this.sweep)}/changes?after=${this.last}${more}`;
  }

  private open(): void {
    if (this.closed) return;
    if (this.world.EventSource === undefined || this.failures >= TRIES_BEFORE_POLLING) {
      void this.poll();
      return;
    }
    const source = new this.world.EventSource(this.address());
    this.source = source;
    source.onopen = () => this.listener.status("live");
    const take = (e: MessageEvent) => this.page(JSON.parse(e.data as string) as Changes);
    source.onmessage = take;
    source.addEventListener("changes", take);
    // The browser would retry by itself with the first address; ours knows the last page.
    source.onerror = () => {
      source.close();
      this.failed();
    };
  }

  private async poll(): Promise<void> {
    this.abort = new AbortController();
    try {
      const answer = await this.world.fetch(this.address(`&wait=${POLL_SECONDS}`), {
        headers: { Accept: "application/json" },
        signal: this.abort.signal,
      });
      if (!answer.ok) throw new Error(String(answer.status));
      this.listener.status("live");
      this.page((await answer.json()) as Changes);
      this.open();
    } catch {
      this.failed();
    }
  }

  private page(page: Changes): void {
    if (this.closed) return;
    this.retry = FIRST_RETRY;
    this.failures = 0;
    if (page.seq > this.last) {
      this.last = page.seq;
      this.listener.changes(page);
    }
    if (page.ended) {
      this.close();
      this.listener.status("ended");
    }
  }

  private failed(): void {
    if (this.closed) return;
    this.failures++;
    const wait = this.retry;
    this.retry = Math.min(this.retry * 2, LAST_RETRY);
    this.listener.status("lost", wait);
    this.timer = this.world.setTimeout(() => this.open(), wait);
  }
}
