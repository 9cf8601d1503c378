import { useVirtualizer } from "@tanstack/react-virtual";
import { useDeferredValue, useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import type { Ensemble, Overview } from "../../api/client";
import { count } from "../../plot/format";
import { useKeys } from "../../ui/keys";
import { type Column, describe, every, parameters, titleOf, usual } from "./columns";
import { ColumnMenu } from "./ColumnMenu";
import type { Curves } from "./curves";
import { FilterBar } from "./FilterBar";
import { type Filter, matches, narrowest, parse } from "./filter";
import { order } from "./order";
import type { Ladders } from "./Pips";
import { EnsembleRow, TrialRow } from "./rows";
import type { State } from "./state";
import type { Row, View } from "./trials";

const ROW = 27; // pixels, --row of the styles
/** Columns share what room there is up to this width in pixels; few of them stay
 * together instead of drifting apart. */
const SPREAD = 900;

interface Props {
  overview: Overview;
  trials: View;
  curves: Curves;
  ladders: Ladders;
  ensembles: Ensemble[];
  state: State;
  set: (change: State) => void;
  rowOf: (trial: number) => Row | undefined;
}

/** All trials, by any column. */
export function Leaderboard({ overview, trials, curves, ladders, ensembles, state, set, rowOf }: Props) {
  const { metric, goal, best } = overview.sweep;
  const { rows, columns: names } = useDeferredValue(trials);
  const filter = useMemo(() => parse(state.f ?? "", names), [state.f, names]);
  const matched = useMemo(() => (filter.terms.length ? rows.filter((r) => matches(r, filter.terms)) : rows), [rows, filter]);
  const params = useMemo(() => parameters(matched, names), [matched, names]);
  const shown = useShown(state.cols, matched, names, params.varying, ladders.size > 0, metric);
  const sort = state.sort ?? (goal === "maximize" ? "-value" : "value");
  const sorted = useMemo(() => order(matched, sort), [matched, sort]);

  return (
    <section className="pane board" aria-label="Leaderboard">
      <div className="board-head">
        <h2>
          Leaderboard{" "}
          <span className="note">
            sorted by {titleOf(sort.replace(/^-/, ""), metric)}
            {filter.terms.length > 0 && ` · ${count(matched.length)} of ${count(rows.length)} match`}
            {trials.total > rows.length && ` · showing ${count(rows.length)} of ${count(trials.total)}`}
          </span>
        </h2>
        {params.constant.length > 0 && (
          <details className="constant">
            <summary>
              {count(params.constant.length)} equal {params.constant.length === 1 ? "parameter" : "parameters"}
            </summary>
            {params.constant.map((c) => `${titleOf(c.id, metric)} = ${c.value}`).join(", ")}
          </details>
        )}
        <FilterBar text={state.f ?? ""} error={filter.error} set={(f) => set({ f: f || undefined })} />
        <ColumnMenu all={every(names).map((id) => ({ id, title: titleOf(id, metric) }))} chosen={shown.map((c) => c.id)} set={(cols) => set({ cols })} />
      </div>
      <Grid sorted={sorted} rowOf={rowOf} shown={shown} sort={sort} best={best?.trial} ensembles={ensembles} curves={curves} ladders={ladders} state={state} set={set}>
        {rows.length === 0 && <p className="waiting">No trial yet. The first ones appear here by themselves.</p>}
        {rows.length > 0 && matched.length === 0 && <Nothing rows={rows} filter={filter} set={set} />}
      </Grid>
    </section>
  );
}

/** The columns shown, the same objects as long as they look the same, so that
 * rows that did not change are not drawn again. */
function useShown(cols: string | undefined, rows: readonly Row[], names: readonly string[], varying: readonly string[], hasRungs: boolean, metric: string): Column[] {
  const last = useRef<Column[]>([]);
  return useMemo(() => {
    const known = new Set(every(names));
    const chosen = cols?.split(",").filter((id) => known.has(id)) ?? [];
    const ids = chosen.length > 0 ? chosen : usual(rows, varying, hasRungs).filter((id) => known.has(id));
    const next = ids.map((id) => describe(id, rows, metric));
    const same = next.length === last.current.length && next.every((c, i) => c.looks === last.current[i]!.looks);
    return same ? last.current : (last.current = next);
  }, [cols, rows, names, varying, hasRungs, metric]);
}

interface GridProps {
  sorted: Row[];
  rowOf: (trial: number) => Row | undefined;
  shown: Column[];
  sort: string;
  best: number | undefined;
  ensembles: Ensemble[];
  curves: Curves;
  ladders: Ladders;
  state: State;
  set: (change: State) => void;
  children: React.ReactNode;
}

/** The rows that are in sight. */
function Grid({ sorted, rowOf, shown, sort, best, ensembles, curves, ladders, state, set, children }: GridProps) {
  const scroll = useRef<HTMLDivElement>(null);
  const above = ROW * (1 + ensembles.length); // the head, which stays, and the ensembles
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW,
    overscan: 6,
    scrollMargin: above,
    scrollPaddingStart: ROW,
  });
  const items = virtual.getVirtualItems();

  useSyncExternalStore(curves.subscribe, curves.snapshot);
  const showsCurves = shown.some((c) => c.id === "curve");
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (showsCurves) curves.see(sorted.slice(first, last + 1).map((r) => [r.number, (r.resource as number) ?? 0]));
  }, [curves, sorted, first, last, showsCurves]);

  const place = useMemo(() => (state.t === undefined ? -1 : sorted.findIndex((r) => r.number === state.t)), [sorted, state.t]);
  // A chosen trial that the address named is brought into sight once.
  const sought = useRef(false);
  useEffect(() => {
    if (sought.current || place < 0) return;
    sought.current = true;
    virtual.scrollToIndex(place, { align: "center" });
  }, [place, virtual]);

  // Another order or selection is looked at from its top.
  const question = `${sort}\n${state.f ?? ""}`;
  const asked = useRef(question);
  useEffect(() => {
    if (asked.current === question) return;
    asked.current = question;
    scroll.current?.scrollTo({ top: 0 });
  }, [question]);

  function go(to: number) {
    const i = Math.max(0, Math.min(sorted.length - 1, to));
    if (!sorted[i]) return;
    virtual.scrollToIndex(i);
    set({ t: sorted[i].number });
  }
  useKeys({ j: () => go(place + 1), k: () => go(Math.max(0, place - 1)) });
  const open = useMemo(() => (t: number) => set({ t }), [set]);
  // Its score stands in the column of scores only where both are the same measure:
  // then the best single trial has the same score by either way.
  const single = (e: Ensemble) => {
    const value = rowOf(e.best_single.trial)?.value as number | undefined;
    const score = e.best_single.scores[e.split];
    return value !== undefined && score !== undefined && Math.abs(value - score) <= 1e-6 * Math.abs(value);
  };

  const width = shown.reduce((w, c) => w + c.width, 0);
  const template = `${shown.map((c) => `minmax(${c.width}px, ${c.width}fr)`).join(" ")} minmax(0, ${Math.max(0, SPREAD - width)}fr)`;
  const by = sort.replace(/^-/, "");
  const direction = sort.startsWith("-") ? "descending" : "ascending";
  const active = items.find((item) => sorted[item.index]!.number === state.t);
  return (
    <div
      id="trials"
      className="grid"
      ref={scroll}
      role="grid"
      aria-label="Trials"
      aria-rowcount={sorted.length + 1}
      aria-colcount={shown.length}
      aria-activedescendant={active && `trial-${state.t}`}
      tabIndex={0}
      onKeyDown={(e) => {
        if (e.key === "Enter" && e.target === e.currentTarget) {
          if (place < 0) go(0);
          else document.getElementById("trial")?.focus();
        } else move(e, place, go);
      }}
    >
      <div className="grid-head" role="row" aria-rowindex={1} style={{ gridTemplateColumns: template, minWidth: width }}>
        {shown.map((c) => (
          <div key={c.id} role="columnheader" className={c.right ? "n" : undefined} aria-sort={by === c.id ? direction : "none"}>
            <button type="button" onClick={() => set({ sort: turned(c, sort) })}>
              {c.title}
              {by === c.id && <span aria-hidden="true">{direction === "descending" ? " ▾" : " ▴"}</span>}
            </button>
          </div>
        ))}
      </div>
      {ensembles.map((e) => (
        <EnsembleRow key={e.stage} ensemble={e} template={template} width={width} shown={shown} single={single(e)} />
      ))}
      <div role="presentation" style={{ height: virtual.getTotalSize(), minWidth: width, position: "relative" }}>
        {items.map((item) => {
          const row = sorted[item.index]!;
          return (
            <TrialRow
              key={row.number}
              row={row}
              index={item.index}
              start={item.start - above}
              template={template}
              shown={shown}
              chosen={row.number === state.t}
              best={row.number === best}
              curve={curves.get(row.number)}
              ladders={ladders}
              open={open}
            />
          );
        })}
      </div>
      {children}
    </div>
  );
}

/** Says which condition to give up when no trial meets all. */
function Nothing({ rows, filter, set }: { rows: readonly Row[]; filter: Filter; set: (change: State) => void }) {
  const found = narrowest(rows, filter.terms);
  return (
    <p className="waiting">
      No trial meets this filter.{" "}
      {found && found.without > 0 && (
        <button
          type="button"
          className="button"
          onClick={() =>
            set({
              f:
                filter.terms
                  .filter((t) => t !== found.term)
                  .map((t) => t.text)
                  .join(", ") || undefined,
            })
          }
        >
          Without “{found.term.text}”: {count(found.without)}
        </button>
      )}
    </p>
  );
}

/** The sort after a press on a column's head: numbers high first, then turned. */
function turned(c: Column, sort: string): string {
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
