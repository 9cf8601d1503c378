// The order of the leaderboard. One key per row, read once: 10,000 rows take a
// few milliseconds, and a change re-sorts what is almost sorted.
import { score } from "./columns";
import type { Row } from "./trials";

/** What a column sorts by; undefined sorts last in both directions. */
function key(row: Row, id: string): number | string | undefined {
  if (id === "value") return score(row);
  const v = row[id === "rungs" || id === "curve" ? "resource" : id];
  if (v === undefined || Number.isNaN(v)) return undefined;
  return typeof v === "number" ? v : String(v);
}

/** Sorts by a column, "-" in front for descending; equal rows by trial number. */
export function order(rows: readonly Row[], sort: string): Row[] {
  const descending = sort.startsWith("-");
  const id = descending ? sort.slice(1) : sort;
  const keyed = rows.map((row) => ({ row, key: key(row, id) }));
  const turn = descending ? -1 : 1;
  keyed.sort((a, b) => {
    if (a.key === undefined || b.key === undefined) {
      if (a.key !== b.key) return a.key === undefined ? 1 : -1;
    } else if (a.key !== b.key) {
      return turn * compare(a.key, b.key);
    }
    return a.row.number - b.row.number;
  });
  return keyed.map((k) => k.row);
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : a > b ? 1 : 0;
  return typeof a === "number" ? -1 : 1; // a column of both: numbers first
}
