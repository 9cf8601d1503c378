import {
  type ColumnDef,
  createSortedRowModel,
  rowSortingFeature,
  type SortingState,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import type { Ensemble, Overview } from "../../api/client";
import { alone, count } from "../../plot/format";
import { sparkPath } from "../../plot/spark";
import { StateMark } from "../../ui/Glyph";
import { useKeys } from "../../ui/keys";
import { type Column, makeColumns, parameters, usual } from "./columns";
import { ColumnMenu } from "./ColumnMenu";
import { Curves } from "./curves";
import { FilterBar } from "./FilterBar";
import { matches, parse } from "./filter";
import { Pips, type Ladders } from "./Pips";
import type { State } from "./state";
import type { Row, View } from "./trials";

const ROW = 27;
const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel(), sortFns: {} });
type Def = ColumnDef<typeof features, Row>;

interface Props {
  overview: Overview;
  trials: View;
  curves: Curves;
  ladders: Ladders;
  ensembles: Ensemble[];
  state: State;
  set: (change: State) => void;
}

/** All trials, by any column. */
export function Leaderboard({ overview, trials, curves, ladders, ensembles, state, set }: Props) {
  const { metric, goal } = overview.sweep;
  const { rows, columns: names } = trials;
  const columns = useMemo(() => makeColumns(rows, names, metric), [rows, names, metric]);
  const byId = useMemo(() => new Map(columns.map((c) => [c.id, c])), [columns]);
  const filter = useMemo(() => parse(state.f ?? "", names), [state.f, names]);
  const matched = useMemo(() => (filter.terms.length ? rows.filter((r) => matches(r, filter.terms)) : rows), [rows, filter]);
  // Of the parameters, those that the matching trials have.
  const chosen = useMemo(() => {
    const ids = state.cols?.split(",").filter((id) => byId.has(id)) ?? [];
    return ids.length > 0 ? ids : usual(matched, names, ladders.size > 0).filter((id) => byId.has(id));
  }, [state.cols, byId, matched, names, ladders]);

  const sort = state.sort ?? (goal === "maximize" ? "-value" : "value");
  const sorting = useMemo<SortingState>(() => [{ id: sort.replace(/^-/, ""), desc: sort.startsWith("-") }], [sort]);
  const defs = useMemo<Def[]>(() => columns.map(definition), [columns]);
  const table = useTable({
    features,
    columns: defs,
    data: matched,
    getRowId: (r: Row) => String(r.number),
    state: { sorting },
    enableSortingRemoval: false,
  });
  const sorted = table.getRowModel().rows;

  const scroll = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW,
    overscan: 8,
  });
  const items = virtual.getVirtualItems();

  useSyncExternalStore(curves.subscribe, curves.snapshot);
  const showsCurves = chosen.includes("curve");
  const firstSeen = items[0]?.index ?? 0;
  const lastSeen = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (showsCurves) curves.see(sorted.slice(firstSeen, lastSeen + 1).map((r) => [r.original.number, (r.original.resource as number) ?? 0]));
  }, [curves, sorted, firstSeen, lastSeen, showsCurves]);

  const place = state.t === undefined ? -1 : sorted.findIndex((r) => r.original.number === state.t);
  // A chosen trial that the address named is brought into sight once.
  const sought = useRef(false);
  useEffect(() => {
    if (sought.current || place < 0) return;
    sought.current = true;
    virtual.scrollToIndex(place, { align: "auto" });
  }, [place, virtual]);
  function go(to: number) {
    const i = Math.max(0, Math.min(sorted.length - 1, to));
    const row = sorted[i];
    if (!row) return;
    virtual.scrollToIndex(i);
    set({ t: row.original.number });
  }
  useKeys({ j: () => go(place + 1), k: () => go(place < 0 ? 0 : place - 1) });

  const shown = chosen.map((id) => byId.get(id)!);
  const template = shown.map((c) => (c === shown.at(-1) ? `minmax(${c.width}px, 1fr)` : `${c.width}px`)).join(" ");
  const width = shown.reduce((w, c) => w + c.width, 0);
  const constant = useMemo(() => parameters(matched, names).constant, [matched, names]);

  return (
    <section className="pane board" aria-label="Leaderboard">
      <div className="board-head">
        <h2>
          Leaderboard{" "}
          <span className="note">
            sorted by {byId.get(sorting[0]!.id)?.title ?? sorting[0]!.id}
            {filter.terms.length > 0 && ` · ${count(matched.length)} of ${count(rows.length)} match`}
            {trials.total > rows.length && ` · showing ${count(rows.length)} of ${count(trials.total)}`}
          </span>
        </h2>
        {constant.length > 0 && (
          <details className="constant">
            <summary>
              {count(constant.length)} equal {constant.length === 1 ? "parameter" : "parameters"}
            </summary>
            {constant.map((c) => `${c.id.replace(/^params\./, "")} = ${c.value}`).join(", ")}
          </details>
        )}
        <FilterBar text={state.f ?? ""} error={filter.error} set={(f) => set({ f: f || undefined })} />
        <ColumnMenu columns={columns} chosen={chosen} set={(cols) => set({ cols })} />
      </div>
      <div className="grid" ref={scroll} role="grid" aria-label="Trials" aria-rowcount={sorted.length + 1} aria-colcount={shown.length} tabIndex={0} onKeyDown={(e) => move(e, place, go)}>
        <div className="grid-head" role="row" aria-rowindex={1} style={{ gridTemplateColumns: template, minWidth: width }}>
          {shown.map((c) => (
            <div key={c.id} role="columnheader" className={c.right ? "n" : undefined} aria-sort={sorting[0]!.id !== c.id ? "none" : sorting[0]!.desc ? "descending" : "ascending"}>
              <button type="button" onClick={() => set({ sort: next(c, sort) })}>
                {c.title}
                {sorting[0]!.id === c.id && (sorting[0]!.desc ? " ▾" : " ▴")}
              </button>
            </div>
          ))}
        </div>
        {ensembles.map((e) => (
          <EnsembleRow key={e.stage} ensemble={e} columns={shown.length} width={width} />
        ))}
        <div role="presentation" style={{ height: virtual.getTotalSize(), minWidth: width, position: "relative" }}>
          {items.map((item) => {
            const row = sorted[item.index]!.original;
            return (
              <div
                key={row.number}
                role="row"
                aria-rowindex={item.index + 2}
                aria-selected={row.number === state.t}
                className="grid-row"
                style={{ gridTemplateColumns: template, transform: `translateY(${item.start}px)` }}
                onClick={() => set({ t: row.number })}
              >
                {shown.map((c) => (
                  <div key={c.id} role="gridcell" className={c.right ? "n" : undefined}>
                    <Cell column={c} row={row} best={overview.sweep.best?.trial} curves={curves} ladders={ladders} />
                  </div>
                ))}
              </div>
            );
          })}
        </div>
        {rows.length === 0 && <p className="waiting">No trial yet. The first ones appear here by themselves.</p>}
        {rows.length > 0 && matched.length === 0 && <p className="waiting">No trial meets this filter.</p>}
      </div>
    </section>
  );
}

function Cell({ column, row, best, curves, ladders }: { column: Column; row: Row; best?: number; curves: Curves; ladders: Ladders }) {
  switch (column.id) {
    case "number":
      return (
        <>
          {row.number === best && <span aria-label="best, ">★ </span>}
          {row.number}
        </>
      );
    case "state":
      return <StateMark state={row.state} />;
    case "value":
      return <span className={row.value === undefined ? "open" : "final"}>{column.text(row)}</span>;
    case "rungs":
      return <Pips row={row} ladders={ladders} />;
    case "curve": {
      const values = curves.get(row.number);
      return values && values.length > 1 ? (
        <svg className={`spark ${row.state}`} width="88" height="16" aria-hidden="true">
          <path d={sparkPath(values, 88, 16)} />
        </svg>
      ) : null;
    }
    default:
      return <span title={column.text(row)}>{column.text(row)}</span>;
  }
}

/** An ensemble above the trials it was made of. */
function EnsembleRow({ ensemble: e, columns, width }: { ensemble: Ensemble; columns: number; width: number }) {
  const scores = Object.entries(e.scores)
    .map(([split, v]) => `${split} ${alone(v)}`)
    .join(", ");
  return (
    <div role="row" className="grid-row ensemble-row" style={{ minWidth: width }}>
      <div role="gridcell" aria-colspan={columns}>
        ◆ ensemble <b>{e.stage}</b> of {count(e.members.length)} trials — {e.metric}: <b>{scores}</b>
      </div>
    </div>
  );
}

function definition(c: Column): Def {
  return {
    id: c.id,
    accessorFn: (r: Row) => c.key(r),
    sortUndefined: "last",
    sortFn: (a, b, id) => compare(a.getValue(id), b.getValue(id)) || a.original.number - b.original.number,
  };
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), undefined, { numeric: true });
}

/** The sort after a press on a column's head: numbers high first, then turned. */
function next(c: Column, sort: string): string {
  if (sort === c.id) return `-${c.id}`;
  if (sort === `-${c.id}`) return c.id;
  return c.right ? `-${c.id}` : c.id;
}

function move(e: React.KeyboardEvent, place: number, go: (to: number) => void) {
  const steps: Record<string, number> = { ArrowDown: place + 1, ArrowUp: place - 1, PageDown: place + 12, PageUp: place - 12, Home: 0, End: Number.MAX_SAFE_INTEGER };
  const to = steps[e.key];
  if (to === undefined || (e.target as HTMLElement).closest("button, input")) return;
  e.preventDefault();
  go(to);
}
