// The filter bar's language, the same as the API's: comma separated terms,
// "state=running, params.lr<1e-3, reason~memory". A bare name that is no column
// means the parameter of that name.
import type { Row } from "./trials";

export interface Term {
  column: string;
  op: "=" | "!=" | "<" | "<=" | ">" | ">=" | "~";
  value: string;
  text: string; // as written
}

export interface Filter {
  terms: Term[];
  error?: string; // the first term that cannot be read, and why
}

const TERM = /^\s*([A-Za-z_][\w./-]*)\s*(!=|<=|>=|=|<|>|~)\s*(.*?)\s*$/;

/** Reads a filter. Terms that cannot be read are left out and reported. */
export function parse(text: string, columns: readonly string[]): Filter {
  const filter: Filter = { terms: [] };
  for (const part of text.split(",")) {
    if (part.trim() === "") continue;
    const m = TERM.exec(part);
    if (m === null) {
      filter.error ??= `“${part.trim()}” is no condition: write a column, one of = != < <= > >= ~, and a value`;
      continue;
    }
    const [, name, op, value] = m as unknown as [string, string, Term["op"], string];
    const column = columns.includes(name) ? name : columns.includes(`params.${name}`) ? `params.${name}` : undefined;
    if (column === undefined) {
      filter.error ??= `there is no column “${name}”`;
      continue;
    }
    filter.terms.push({ column, op, value: value.replace(/^"(.*)"$/, "$1"), text: part.trim() });
  }
  return filter;
}

/** Tells whether a row meets every term. A missing value meets only !=. */
export function matches(row: Row, terms: readonly Term[]): boolean {
  return terms.every((t) => meets(row[t.column], t));
}

function meets(have: unknown, { op, value }: Term): boolean {
  if (have === undefined) return op === "!=";
  if (op === "~") return String(have).toLowerCase().includes(value.toLowerCase());
  if (typeof have === "number") {
    const want = value === "" ? NaN : Number(value);
    if (Number.isNaN(want)) return op === "!=" || (op === "=" && Number.isNaN(have) && value.toLowerCase() === "nan");
    return compare(have, op, want);
  }
  return compare(String(have), op, value);
}

function compare<T extends number | string>(a: T, op: Term["op"], b: T): boolean {
  switch (op) {
    case "=":
      return a === b;
    case "!=":
      return a !== b;
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    default:
      return a >= b;
  }
}

/** The term without which most rows would be left, when all together leave none. */
export function narrowest(rows: readonly Row[], terms: readonly Term[]): { term: Term; without: number } | undefined {
  let best: { term: Term; without: number } | undefined;
  for (const term of terms) {
    const others = terms.filter((t) => t !== term);
    const without = rows.reduce((n, r) => n + (matches(r, others) ? 1 : 0), 0);
    if (best === undefined || without > best.without) best = { term, without };
  }
  return best;
}
