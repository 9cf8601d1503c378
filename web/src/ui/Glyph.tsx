import type { SweepState, TrialState } from "../api/client";

type State = TrialState | SweepState;

/** What a person reads for a state. */
const words: Record<State, string> = {
  queued: "queued",
  running: "running",
  completed: "completed",
  stopped: "stopped early",
  failed: "failed",
  cancelled: "cancelled",
  paused: "paused",
  finished: "finished",
};

const shapes: Record<State, React.ReactNode> = {
  queued: <circle cx="6" cy="6" r="3.6" fill="none" stroke="var(--ink-3)" strokeWidth="1.4" />,
  running: (
    <>
      <circle cx="6" cy="6" r="2.9" fill="var(--running)" />
      <circle cx="6" cy="6" r="4.9" fill="none" stroke="var(--running)" strokeWidth="1.1" opacity="0.55" />
    </>
  ),
  completed: <path d="M2.4 6.4 5 9l4.8-6" fill="none" stroke="var(--completed)" strokeWidth="1.8" />,
  finished: <path d="M2.4 6.4 5 9l4.8-6" fill="none" stroke="var(--completed)" strokeWidth="1.8" />,
  stopped: <rect x="2.6" y="2.6" width="6.8" height="6.8" rx="1" fill="var(--stopped)" />,
  failed: <path d="m3 3 6 6m0-6-6 6" fill="none" stroke="var(--failed)" strokeWidth="1.8" />,
  cancelled: <path d="M2.6 6h6.8" fill="none" stroke="var(--ink-3)" strokeWidth="1.8" />,
  paused: <path d="M4 2.6v6.8m4-6.8v6.8" fill="none" stroke="var(--ink-2)" strokeWidth="1.9" />,
};

/** A state as glyph and word; never by colour alone. */
export function StateMark({ state }: { state: State }) {
  return (
    <span className="state">
      <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
        {shapes[state]}
      </svg>
      {words[state]}
    </span>
  );
}
