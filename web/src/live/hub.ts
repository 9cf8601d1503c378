// Shares streams between listeners: one stream per sweep, however many tabs look
// at it. A browser allows six connections per server, and every tab needs some.
import type { Changes } from "../api/client";
import { type Listener, type Status, Stream } from "./stream";

type Open = (sweep: string, after: number, listener: Listener) => { readonly seq: number; close(): void };

interface Shared {
  stream: { readonly seq: number; close(): void };
  listeners: Set<Listener>;
  status: Status;
  retryIn?: number;
}

export class Hub {
  private readonly streams = new Map<string, Shared>();

  constructor(private readonly open: Open = (sweep, after, listener) => new Stream(sweep, after, listener)) {}

  /** Follows a sweep; gives the way to stop. A listener that starts behind the
   * shared stream gets a stream of its own until both are level. */
  follow(sweep: string, after: number, listener: Listener): () => void {
    const shared = this.streams.get(sweep);
    if (shared === undefined || shared.status === "ended") return this.start(sweep, after, listener);
    if (after >= shared.stream.seq) return this.join(sweep, shared, listener);

    // Level as soon as this stream has passed on what the shared one has.
    let leave: () => void;
    const own = this.open(sweep, after, {
      changes: (page) => {
        listener.changes(page);
        const now = this.streams.get(sweep);
        if (now !== undefined && page.seq >= now.stream.seq) {
          own.close();
          leave = this.join(sweep, now, listener);
        }
      },
      status: (status, retryIn) => listener.status(status, retryIn),
    });
    leave = () => own.close();
    return () => leave();
  }

  private start(sweep: string, after: number, listener: Listener): () => void {
    const shared: Shared = { stream: { seq: after, close() {} }, listeners: new Set([listener]), status: "connecting" };
    this.streams.set(sweep, shared);
    shared.stream = this.open(sweep, after, {
      changes: (page: Changes) => {
        for (const l of shared.listeners) l.changes(page);
      },
      status: (status, retryIn) => {
        shared.status = status;
        shared.retryIn = retryIn;
        for (const l of shared.listeners) l.status(status, retryIn);
      },
    });
    return () => this.leave(sweep, shared, listener);
  }

  private join(sweep: string, shared: Shared, listener: Listener): () => void {
    shared.listeners.add(listener);
    listener.status(shared.status, shared.retryIn);
    return () => this.leave(sweep, shared, listener);
  }

  private leave(sweep: string, shared: Shared, listener: Listener): void {
    shared.listeners.delete(listener);
    if (shared.listeners.size > 0) return;
    shared.stream.close();
    if (this.streams.get(sweep) === shared) this.streams.delete(sweep);
  }
}
