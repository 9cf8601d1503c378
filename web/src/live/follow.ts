// follow(): a tab's way to the changes of a sweep, through the SharedWorker where
// there is one, else by a stream of its own.
import { Hub } from "./hub";
import type { FromTab, ToTab } from "./messages";
import type { Listener } from "./stream";

interface Follower {
  follow(sweep: string, after: number, listener: Listener): () => void;
}

class ThroughWorker implements Follower {
  private readonly port: MessagePort;
  private readonly listeners = new Map<number, Listener>();
  private next = 0;

  constructor() {
    const worker = new SharedWorker(new URL("./worker.ts", import.meta.url), { type: "module", name: "sweepd-live" });
    this.port = worker.port;
    this.port.onmessage = ({ data }: MessageEvent<ToTab>) => {
      const listener = this.listeners.get(data.id);
      if (data.kind === "changes") listener?.changes(data.page);
      else listener?.status(data.status, data.retryIn);
    };
    // A port does not tell its other end that the tab is gone.
    addEventListener("pagehide", () => this.say({ kind: "leave" }));
  }

  follow(sweep: string, after: number, listener: Listener): () => void {
    const id = this.next++;
    this.listeners.set(id, listener);
    this.say({ kind: "follow", id, sweep, after });
    return () => {
      this.listeners.delete(id);
      this.say({ kind: "leave", id });
    };
  }

  private say(message: FromTab): void {
    this.port.postMessage(message);
  }
}

let follower: Follower | undefined;

/** Follows a sweep's changes after a change number; gives the way to stop. */
export function follow(sweep: string, after: number, listener: Listener): () => void {
  follower ??= typeof SharedWorker === "undefined" ? new Hub() : new ThroughWorker();
  return follower.follow(sweep, after, listener);
}
