import { useEffect, useRef, useState } from "react";
import { problem, type Trial } from "../../api/client";
import { bytes } from "../../plot/format";

/** Bytes of output kept on the page: the end of it. */
const KEPT = 262_144;

/** The output of the newest attempt, from its end, live. */
export function Log({ sweep, trial }: { sweep: string; trial: Trial }) {
  const attempt = trial.attempts.at(-1)?.number ?? 0;
  const [text, setText] = useState("");
  const [note, setNote] = useState<string>();
  const box = useRef<HTMLPreElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const [ended, setEnded] = useState(false);

  useEffect(() => {
    if (attempt === 0) return;
    const aborted = new AbortController();
    setText("");
    setNote(undefined);
    setEnded(false);
    setAtEnd(true);
    follow(sweep, trial.number, attempt, aborted.signal, (more, skipped) => {
      if (skipped > 0) setNote(`the first ${bytes(skipped)} are not shown`);
      if (more) setText((t) => (t + more).slice(-KEPT));
    }).then(
      () => setEnded(!aborted.signal.aborted),
      (error: unknown) => {
        if (!aborted.signal.aborted) setNote(error instanceof Error ? error.message : String(error));
      },
    );
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
          Output {attempt > 1 && <span className="note">of attempt {attempt}</span>} {note && <span className="note">{note}</span>}
          {attempt > 0 && !ended && !note && <span className="note">live</span>}
        </span>
        {!atEnd && (
          <button type="button" className="button quiet" onClick={() => setAtEnd(true)}>
            {ended ? "To the end" : "Follow"}
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

/** Reads from the last bytes on, and waits for more until the attempt has ended. */
async function follow(sweep: string, trial: number, attempt: number, signal: AbortSignal, take: (text: string, skipped: number) => void): Promise<void> {
  const decoder = new TextDecoder(); // a character may be cut between two answers
  let offset = -KEPT;
  for (let first = true; !signal.aborted; first = false) {
    const query = new URLSearchParams({ attempt: String(attempt), offset: String(offset), limit: String(KEPT), wait: first ? "0" : "25" });
    const answer = await fetch(`/api/v1/sweeps/${encodeURIComponent(sweep)}/trials/${trial}/log?${query}`, { signal });
    if (!answer.ok) throw problem(await answer.json().catch(() => undefined), answer.status);
    const chunk = new Uint8Array(await answer.arrayBuffer());
    const at = Number(answer.headers.get("Log-Offset") ?? 0);
    take(clean(decoder.decode(chunk, { stream: true })), first ? at : 0);
    offset = at + chunk.length;
    if (answer.headers.get("Log-Ended") === "true" && offset >= Number(answer.headers.get("Log-Size") ?? 0)) return;
    // An answer without news came at once only from a server that does not wait.
    if (chunk.length === 0 && !first) await new Promise((done) => setTimeout(done, 1_000));
  }
}

/** Takes terminal colours and cursor movements out; a progress bar's redrawn lines become lines. */
function clean(text: string): string {
  return text.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b\][^\u0007]*\u0007/g, "").replace(/\r\n?/g, "\n");
}
