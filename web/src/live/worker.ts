// The SharedWorker: one per browser, a port per tab. A tab says {follow} or
// {leave}; it hears {changes} and {status}.
import { Hub } from "./hub";
import type { FromTab, ToTab } from "./messages";

const hub = new Hub();

(globalThis as unknown as { onconnect: (e: MessageEvent) => void }).onconnect = (e) => {
  const port = e.ports[0]!;
  const following = new Map<number, () => void>();
  const say = (message: ToTab) => port.postMessage(message);
  port.onmessage = ({ data }: MessageEvent<FromTab>) => {
    if (data.kind === "follow") {
      const { id, sweep, after } = data;
      following.set(
        id,
        hub.follow(sweep, after, {
          changes: (page) => say({ kind: "changes", id, page }),
          status: (status, retryIn) => say({ kind: "status", id, status, retryIn }),
        }),
      );
    } else {
      for (const id of data.id === undefined ? [...following.keys()] : [data.id]) {
        following.get(id)?.();
        following.delete(id);
      }
    }
  };
};
