// Which columns the leaderboard has, and how each writes its values.
import { duration, MISSING, type Style, styleOf, value, write } from "../../plot/format";
import type { Row } from "./trials";

export interface Column {
  id: string; // as the API names it
  title: string;
  right: boolean;
  width: number; // pixels
  /** What the column sorts by; undefined sorts last. */
  key(row: Row): number | string | undefined;
  text(row: Row): string;
}

/** The score of a row: its value, or the best reading while it has none. */
export function score(row: Row): number | undefined {
  const v = (row.value ?? row.best) as number | undefined;
  return v === undefined || Number.isNaN(v) ? undefined : v;
}

const titles: Record<string, string> = {
  number: "Trial",
  state: "State",
  stage: "Stage",
  branch: "Branch",
  best: "best reading",
  best_step: "at step",
  last: "last reading",
  resource: "reports",
  seconds: "time",
  attempts: "attempts",
  by: "proposed by",
  reason: "reason",
};

const widths: Record<string, number> = { number: 64, state: 124, stage: 90, branch: 130, value: 118, curve: 104, rungs: 84, reason: 320, by: 110 };

/** The parameter columns of a sweep, those that most trials have first. */
export function parameters(rows: readonly Row[], columns: readonly string[]): { varying: string[]; constant: { id: string; value: string }[] } {
  const varying: { id: string; have: number }[] = [];
  const constant: { id: string; value: string }[] = [];
  for (const id of columns) {
    if (!id.startsWith("params.")) continue;
    let have = 0;
    let first: unknown;
    let differs = false;
    for (const r of rows) {
      const v = r[id];
      if (v === undefined) continue;
      if (have++ === 0) first = v;
      else differs ||= v !== first;
    }
    // One that only some trials have tells them apart, even with a single value.
    if (have > 0 && !differs && have === rows.length && rows.length > 1) constant.push({ id, value: value(first) });
    else if (have > 0) varying.push({ id, have });
  }
  varying.sort((a, b) => b.have - a.have);
  return { varying: varying.map((v) => v.id), constant };
}

/** The columns shown unless somebody chose: what fits, most telling first. */
export function usual(rows: readonly Row[], columns: readonly string[], hasRungs: boolean): string[] {
  const stages = new Set(rows.map((r) => r.stage));
  const branches = new Set(rows.map((r) => r.branch));
  return [
    "number",
    "state",
    "value",
    ...(rows.some((r) => ((r.resource as number) ?? 0) > 1) ? ["resource"] : []),
    ...(hasRungs ? ["rungs"] : []),
    "curve",
    ...(stages.size > 1 ? ["stage"] : []),
    ...(branches.size > 1 && stages.size <= 1 ? ["branch"] : []),
    ...parameters(rows, columns).varying.slice(0, 5),
    "seconds",
  ];
}

/** Makes all columns of a sweep. */
export function makeColumns(rows: readonly Row[], names: readonly string[], metric: string): Column[] {
  const out: Column[] = [];
  for (const id of [...names, "rungs", "curve"]) {
    if (id === "value") out.push(scored(rows, metric));
    else if (id === "rungs" || id === "curve") out.push({ id, title: id === "rungs" ? "Rungs" : "Curve", right: false, width: widths[id]!, key: (r) => r.resource as number | undefined, text: () => "" });
    else out.push(plain(id, rows));
  }
  return out;
}

function scored(rows: readonly Row[], metric: string): Column {
  const style = style4(rows.map(score));
  return { id: "value", title: metric, right: true, width: widths.value!, key: score, text: (r) => write(score(r), style) };
}

/** Scores differ in the fourth digit: one decimal more than the spread asks for. */
function style4(values: (number | undefined)[]): Style {
  const s = styleOf(values.filter((v) => v !== undefined));
  return s.kind === "fixed" ? { kind: "fixed", decimals: Math.min(6, Math.max(4, s.decimals)) } : s;
}

function plain(id: string, rows: readonly Row[]): Column {
  const numbers: number[] = [];
  let other = 0;
  for (const r of rows) {
    const v = r[id];
    if (typeof v === "number") numbers.push(v);
    else if (v !== undefined) other++;
  }
  const numeric = other === 0 && numbers.length > 0;
  const style = styleOf(numbers);
  const title = titles[id] ?? id.replace(/^params\./, "");
  return {
    id,
    title,
    right: numeric && id !== "number",
    width: widths[id] ?? Math.max(numeric ? 84 : 96, title.length * 7 + 26),
    key: (r) => {
      const v = r[id];
      if (v === undefined || Number.isNaN(v)) return undefined;
      return typeof v === "number" || typeof v === "string" ? v : String(v);
    },
    text: (r) => {
      const v = r[id];
      if (v === undefined) return MISSING;
      if (id === "seconds") return duration(v as number);
      return typeof v === "number" && numeric ? write(v, style) : value(v);
    },
  };
}
