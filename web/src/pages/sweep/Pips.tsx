import type { Overview } from "../../api/client";
import type { Row } from "./trials";

/** The rungs of each stage and branch, lowest first, by key(). */
export type Ladders = Map<string, number[]>;

const key = (stage: unknown, branch: unknown) => `${stage}\n${branch}`;

export function makeLadders(rungs: Overview["rungs"]): Ladders {
  const ladders: Ladders = new Map();
  for (const r of rungs) {
    const steps = ladders.get(key(r.stage, r.branch)) ?? [];
    if (!steps.includes(r.resource)) steps.push(r.resource);
    ladders.set(
      key(r.stage, r.branch),
      steps.sort((a, b) => a - b),
    );
  }
  return ladders;
}

/** How many rungs of its ladder a trial has reached. */
export function Pips({ row, ladders }: { row: Row; ladders: Ladders }) {
  const steps = ladders.get(key(row.stage, row.branch));
  if (!steps) return null;
  const reached = steps.filter((s) => ((row.resource as number | undefined) ?? 0) >= s).length;
  return (
    <span className="pips" role="img" aria-label={`${reached} of ${steps.length} rungs`} title={`${reached} of ${steps.length} rungs`}>
      {steps.map((s, i) => (
        <span key={s} className={i < reached ? "full" : row.state === "running" && i === reached ? "next" : ""} />
      ))}
    </span>
  );
}
