import { useEffect, useState } from "react";
import type { Overview } from "../../api/client";
import { clock } from "../../plot/format";
import { StateMark } from "../../ui/Glyph";
import { useNow } from "../../ui/useNow";
import type { Live } from "./useSweep";

const SPEAK_EVERY = 30_000;

/** The answer first: one sentence, then the facts behind it. */
export function Headline({ overview, live }: { overview: Overview; live: Live }) {
  const { lead, value, tail, rest } = overview.sentence;
  const { state } = overview.sweep;
  return (
    <>
      <h1 className="headline">
        {lead}
        {value && (
          <>
            {" "}
            <span className="answer">{value}</span>
          </>
        )}
        {tail && (/^[,;]/.test(tail) ? tail : ` ${tail}`)}
        {rest && <span className="rest"> — {rest}</span>}
      </h1>
      {overview.sweep.why && !said(overview) && <p className="why-line">{overview.sweep.why}</p>}
      <Spoken text={value ? `Best ${value}` : ""} />
      <p className="facts">
        {live.status !== "ended" && <Pulse live={live} />}
        {(live.status !== "live" || state !== "running") && (
          <span className="fact strong">
            <StateMark state={state} />
          </span>
        )}
        {overview.facts
          .filter((f) => f.kind !== "state")
          .map((f) => (
            <span key={`${f.kind} ${f.label}`} className="fact">
              <b>{f.value}</b> {f.label}
            </span>
          ))}
      </p>
    </>
  );
}

/** Whether the sentence tells already why the sweep does not go on. */
function said({ sentence, sweep }: Overview): boolean {
  return `${sentence.lead} ${sentence.rest}`.includes(sweep.why ?? "");
}

/** Says a new best aloud to those who do not see it, at most every half minute. */
function Spoken({ text }: { text: string }) {
  const [heard, setHeard] = useState({ text, at: Date.now() });
  useEffect(() => {
    if (text === heard.text) return;
    const timer = setTimeout(() => setHeard({ text, at: Date.now() }), Math.max(0, heard.at + SPEAK_EVERY - Date.now()));
    return () => clearTimeout(timer);
  }, [text, heard]);
  return (
    <p className="hidden" aria-live="polite">
      {heard.text}
    </p>
  );
}

/** Whether the page is live; a quiet line, never an alarm. */
function Pulse({ live }: { live: Live }) {
  useNow(1_000);
  switch (live.status) {
    case "live":
      return (
        <span className="fact pulse live">
          <svg width="10" height="10" viewBox="0 0 12 12" aria-hidden="true">
            <circle cx="6" cy="6" r="3.4" />
            <circle cx="6" cy="6" r="5.3" className="ring" />
          </svg>
          live
        </span>
      );
    case "lost":
      return (
        <span className="fact pulse warm" role="status">
          not live, retrying; data of {clock(live.at)}
        </span>
      );
    default:
      return <span className="fact pulse">connecting</span>;
  }
}
