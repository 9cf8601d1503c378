// Which columns the leaderboard has, and how each writes its values.
import { count, MISSING, type Style, styleOf, timeStyleOf, value, write } from "../../plot/format";
import type { Row } from "./trials";

export interface Column {
  id: string; // as the API names it
  title: string;
  right: boolean;
  width: number; // pixels
  text(row: Row): string;
  /** Two columns with the same one look alike. */
  looks: string;
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
  rungs: "Rungs",
  curve: "Curve",
};

const widths: Record<string, number> = { number: 64, state: 124, stage: 90, branch: 130, value: 118, curve: 104, rungs: 84, reason: 320, by: 110 };

/** What a column is called; a parameter by its own name. */
export function titleOf(id: string, metric: string): string {
  return id === "value" ? metric : (titles[id] ?? id.replace(/^params\./, ""));
}

/** All columns there are: those of the answers, and the two that are drawn. */
export function every(names: readonly string[]): string[] {
  return [...names, "rungs", "curve"];
}

/** The parameter columns of some rows: those that tell them apart, the most
 * common first, and those that are equal in all. */
export function parameters(rows: readonly Row[], names: readonly string[]): { varying: string[]; constant: { id: string; value: string }[] } {
  const varying: { id: string; have: number }[] = [];
  const constant: { id: string; value: string }[] = [];
  for (const id of names) {
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
export function usual(rows: readonly Row[], varying: readonly string[], hasRungs: boolean): string[] {
  const several = (id: string) => rows.some((r) => r[id] !== rows[0]![id]);
  const stages = several("stage");
  return [
    "number",
    "state",
    "value",
    ...(rows.some((r) => ((r.resource as number) ?? 0) > 1) ? ["resource"] : []),
    ...(hasRungs ? ["rungs"] : []),
    "curve",
    ...(stages ? ["stage"] : []),
    ...(!stages && several("branch") ? ["branch"] : []),
    ...varying.slice(0, 5),
    "seconds",
  ];
}

/** Describes a column for the rows it is to show. */
export function describe(id: string, rows: readonly Row[], metric: string): Column {
  const title = titleOf(id, metric);
  if (id === "value") {
    const style = finer(styleOf(present(rows, score)));
    return { id, title, right: true, width: widths.value!, text: (r) => write(score(r), style), looks: looks(id, style) };
  }
  if (id === "rungs" || id === "curve") return { id, title, right: false, width: widths[id]!, text: () => "", looks: id };
  if (id === "seconds") return times(rows);

  const numeric = rows.some((r) => typeof r[id] === "number") && rows.every((r) => r[id] === undefined || typeof r[id] === "number");
  const style = numeric ? styleOf(present(rows, (r) => r[id] as number | undefined)) : undefined;
  return {
    id,
    title,
    right: numeric && id !== "number",
    width: widths[id] ?? Math.max(numeric ? 84 : 96, title.length * 7 + 26),
    text: (r) => {
      const v = r[id];
      if (v === undefined) return MISSING;
      return style !== undefined && typeof v === "number" ? write(v, style) : value(v);
    },
    looks: looks(id, style),
  };
}

/** How long trials took, in one unit that the title names. */
function times(rows: readonly Row[]): Column {
  const seconds = (r: Row) => (r.seconds as number | undefined) || undefined; // none has run for no time
  let longest = 0;
  for (const r of rows) longest = Math.max(longest, seconds(r) ?? 0);
  const { unit, seconds: one, decimals } = timeStyleOf(longest);
  const text = (r: Row) => {
    const s = seconds(r);
    if (s === undefined) return MISSING;
    return decimals === 0 ? count(s / one) : (s / one).toFixed(decimals);
  };
  return { id: "seconds", title: `time, ${unit}`, right: true, width: 84, text, looks: `seconds ${unit} ${decimals}` };
}

function* present(rows: readonly Row[], get: (r: Row) => number | undefined): Iterable<number> {
  for (const r of rows) {
    const v = get(r);
    if (v !== undefined) yield v;
  }
}

/** Scores differ in the fourth digit. */
function finer(s: Style): Style {
  return s.kind === "fixed" ? { kind: "fixed", decimals: Math.max(4, s.decimals) } : s;
}

const looks = (id: string, style: Style | undefined) => `${id} ${JSON.stringify(style)}`;
