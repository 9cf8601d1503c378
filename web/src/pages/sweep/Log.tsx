import { useEffect, useRef, useState } from "react";
import { Problem, problem, type Trial } from "../../api/client";
import { bytes } from "../../plot/format";

/** Bytes of output kept on the page: the end of it. */
const KEPT = 262_144;
/** Milliseconds before a server that did not answer is asked again. */
const RETRY = 2_000;

/** The output of the newest attempt, from its end, live. */
export function Log({ sweep, trial }: { sweep: string; trial: Trial }) {
  const attempt = trial.attempts.at(-1)?.number ?? 0;
  const [text, setText] = useState("");
  const [skipped, setSkipped] = useState(0);
  const [status, setStatus] = useState<Status>("live");
  const box = useRef<HTMLPreElement>(null);
  const [atEnd, setAtEnd] = useState(true);

  useEffect(() => {
    if (attempt === 0) return;
    const aborted = new AbortController();
    setText("");
    setSkipped(0);
    setStatus("live");
    setAtEnd(true);
    follow(sweep, trial.number, attempt, aborted.signal, {
      take: (more, before) => {
        setSkipped((n) => n + before);
        if (more) setText((t) => (t + more).slice(-KEPT));
      },
      status: setStatus,
    }).catch((error: unknown) => {
      if (!aborted.signal.aborted) setStatus(error instanceof Error ? error.message : String(error));
    });
    return () => aborted.abort();
  }, [sweep, trial.number, attempt]);

  useEffect(() => {
    const b = box.current;
    if (b && atEnd) b.scrollTop = b.scrollHeight;
  }, [text, atEnd]);

  return (
    <>
      <h3 className="log-head">
        <span>
          Output {attempt > 1 && <span className="note">of attempt {attempt}</span>}
          {skipped > 0 && <span className="note">the first {bytes(skipped)} are not shown</span>}
          {attempt > 0 && status !== "ended" && <span className={status === "live" ? "note" : "note warm"}>{status}</span>}
        </span>
        {!atEnd && (
          <button type="button" className="button quiet" onClick={() => setAtEnd(true)}>
            {status === "ended" ? "To the end" : "Follow"}
          </button>
        )}
      </h3>
      <pre
        ref={box}
        className="log"
        tabIndex={0}
        aria-label="Output of the trial"
        onScroll={(e) => {
          const b = e.currentTarget;
          setAtEnd(b.scrollHeight - b.scrollTop - b.clientHeight < 24);
        }}
      >
        {text || (attempt === 0 ? "It has not started." : "Nothing written yet.")}
      </pre>
    </>
  );
}

/** "live", "ended", or what keeps it from being either. */
type Status = string;

interface Reader {
  /** More output, and how many bytes of it were left out before. */
  take(text: string, before: number): void;
  status(status: Status): void;
}

/** Reads from the last bytes on, and waits for more until the attempt has ended.
 * A server that does not answer is asked again; one that refuses is not. */
async function follow(sweep: string, trial: number, attempt: number, signal: AbortSignal, reader: Reader): Promise<void> {
  const decoder = new TextDecoder(); // a character may be cut between two answers
  let offset: number | undefined; // of the next byte; the first answer tells
  while (!signal.aborted) {
    const query = new URLSearchParams({ attempt: String(attempt), offset: String(offset ?? -KEPT), limit: String(KEPT), wait: offset === undefined ? "0" : "25" });
    let answer: Response;
    let chunk: Uint8Array;
    try {
      answer = await fetch(`/api/v1/sweeps/${encodeURIComponent(sweep)}/trials/${trial}/log?${query}`, { signal });
      if (!answer.ok) throw problem(await answer.json().catch(() => undefined), answer.status);
      chunk = new Uint8Array(await answer.arrayBuffer());
    } catch (error) {
      if (signal.aborted || error instanceof Problem) throw error;
      reader.status("not live, retrying");
      await pause(RETRY);
      continue;
    }
    reader.status("live");
    const at = Number(answer.headers.get("Log-Offset") ?? 0);
    reader.take(clean(decoder.decode(chunk, { stream: true })), offset === undefined ? at : 0);
    const waited = offset !== undefined;
    offset = at + chunk.length;
    if (answer.headers.get("Log-Ended") === "true" && offset >= Number(answer.headers.get("Log-Size") ?? 0)) {
      reader.status("ended");
      return;
    }
    // An answer without news came at once only from a server that does not wait.
    if (chunk.length === 0 && waited) await pause(1_000);
  }
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** Takes terminal colours and cursor movements out; a progress bar's redrawn lines become lines. */
function clean(text: string): string {
  return text.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b\][^\u0007]*\u0007/g, "").replace(/\r\n?/g, "\n");
}
