import type { Schema } from "../../api/client";
import { count } from "../../plot/format";

const parts = ["completed", "running", "stopped", "failed", "cancelled"] as const;
const words: Record<(typeof parts)[number], string> = {
  completed: "completed",
  running: "running",
  stopped: "stopped early",
  failed: "failed",
  cancelled: "cancelled",
};

/** The states of a sweep's trials as one bar; the words are its name. */
export function Progress({ counts, planned }: { counts: Schema["Counts"]; planned: number }) {
  const whole = Math.max(planned, counts.created, 1);
  const name = parts
    .filter((p) => counts[p] > 0)
    .map((p) => `${count(counts[p])} ${words[p]}`)
    .join(", ");
  return (
    <span className="progress" role="img" aria-label={name || "nothing has run"} title={name}>
      {parts.map((p) => counts[p] > 0 && <span key={p} className={p} style={{ width: `${(100 * counts[p]) / whole}%` }} />)}
    </span>
  );
}
