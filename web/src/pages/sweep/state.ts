// What the address of a sweep's page says, so that a copied address reproduces
// the screen. Short names; anything that makes no sense is dropped.

export interface State {
  /** Column to sort by, "-" in front for descending; absent: best first. */
  sort?: string;
  /** Filter, see filter.ts. */
  f?: string;
  /** Columns, comma separated; absent: chosen by the page. */
  cols?: string;
  /** The chosen trial. */
  t?: number;
  /** The value axis. */
  y?: "log";
}

/** Reads the search parameters of an address. */
export function readState(search: Record<string, unknown>): State {
  const state: State = {};
  const text = (v: unknown) => (typeof v === "string" || typeof v === "number" ? String(v).slice(0, 4000) : "");
  if (text(search.sort)) state.sort = text(search.sort);
  if (text(search.f)) state.f = text(search.f);
  if (text(search.cols)) state.cols = text(search.cols);
  const t = Number(search.t);
  if (Number.isInteger(t) && t > 0) state.t = t;
  if (search.y === "log") state.y = "log";
  return state;
}
