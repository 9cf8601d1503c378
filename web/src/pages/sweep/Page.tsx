import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo } from "react";
import { num } from "../../api/numbers";
import { count, score } from "../../plot/format";
import { useKeys } from "../../ui/keys";
import { showState } from "../../ui/favicon";
import { Top } from "../../ui/Layout";
import { Notice } from "../../ui/Notice";
import { Best } from "./Best";
import { Commands } from "./Commands";
import { Curves } from "./curves";
import { Ensembles } from "./Ensembles";
import { Headline } from "./Headline";
import { Leaderboard } from "./Leaderboard";
import { makeLadders } from "./Pips";
import { Rungs } from "./Rungs";
import type { State } from "./state";
import { TrialPane } from "./TrialPane";
import { useSweep } from "./useSweep";

/** How good is it, how did that come about, is anything wrong? */
export function SweepPage() {
  const { sweep } = useParams({ from: "/s/$sweep" });
  return <Shown key={sweep} sweep={sweep} />;
}

function Shown({ sweep }: { sweep: string }) {
  const state = useSearch({ from: "/s/$sweep" });
  const navigate = useNavigate({ from: "/s/$sweep" });
  // Choosing a trial is a step to go back from; filtering and sorting are not.
  const set = useCallback((change: State) => void navigate({ search: (s: State) => ({ ...s, ...change }), replace: !("t" in change), resetScroll: false }), [navigate]);
  const open = useCallback((t: number) => set({ t }), [set]);
  const { overview, trials, store, live, error, retry } = useSweep(sweep);
  const curves = useMemo(() => new Curves(sweep), [sweep]);
  useEffect(() => curves.take(overview?.curves), [curves, overview?.curves]);
  const ladders = useMemo(() => makeLadders(overview?.rungs ?? []), [overview?.rungs]);
  const close = () => {
    if (state.t === undefined) return;
    set({ t: undefined });
    document.getElementById("trials")?.focus({ preventScroll: true });
  };
  useKeys({ Escape: close, ".": () => set({ y: state.y === "log" ? undefined : "log" }) });

  const name = overview?.sweep.name;
  useEffect(() => {
    const best = overview?.sweep.best;
    showState(overview?.sweep.state);
    document.title = name ? `${best ? `${score(num(best.value))} · ` : ""}${name} · sweepd` : "sweepd";
  }, [name, overview?.sweep.best, overview?.sweep.state]);

  const ensembles = overview?.ensembles ?? [];
  return (
    <>
      <Top
        path={
          <>
            <span aria-hidden="true">/</span>
            <Link to="/s/$sweep" params={{ sweep }} search={{}} aria-current="page">
              {name ?? sweep}
            </Link>
            {overview && (
              <>
                {[...new Set(overview.sweep.stages.map((g) => g.sampler).filter(Boolean))].map((s) => (
                  <span key={s} className="chip">
                    {s}
                  </span>
                ))}
                {[...new Set(overview.sweep.stages.map((g) => g.early_stop).filter(Boolean))].map((s) => (
                  <span key={s} className="chip">
                    {s}
                  </span>
                ))}
                <span className="chip">
                  {overview.sweep.metric} {overview.sweep.goal === "maximize" ? "↑" : "↓"}
                </span>
              </>
            )}
          </>
        }
        actions={overview && <Commands sweep={overview.sweep} />}
      />
      <main className="sweep">
        {!overview && error !== null && error !== undefined && <Notice error={error} retry={retry} />}
        {!overview && !error && <h1 className="headline loading">Loading…</h1>}
        {overview && (
          <>
            <Headline overview={overview} live={live} />
            {error !== null && error !== undefined && <Notice error={error} retry={retry} />}
            <div className={state.t === undefined ? "panes" : "panes detail"}>
              <div className="main-column">
                <Best overview={overview} log={state.y === "log"} open={open} />
                <Leaderboard overview={overview} trials={trials} curves={curves} ladders={ladders} ensembles={ensembles} state={state} set={set} rowOf={store.row} />
              </div>
              <div className="side-column">
                {state.t !== undefined ? (
                  <TrialPane key={state.t} sweep={overview.sweep} number={state.t} row={store.row(state.t)} rows={trials.rows} rungs={overview.rungs} log={state.y === "log"} close={close} />
                ) : (
                  <>
                    {overview.rungs.length > 0 && <Rungs rungs={overview.rungs} />}
                    {ensembles.length > 0 && <Ensembles ensembles={ensembles} open={open} />}
                    <Stages overview={overview} />
                  </>
                )}
              </div>
            </div>
          </>
        )}
      </main>
    </>
  );
}

/** What the sweep is made of, and how far each part is. */
function Stages({ overview }: { overview: NonNullable<ReturnType<typeof useSweep>["overview"]> }) {
  return (
    <section className="pane" aria-label="Stages">
      <h2>Stages</h2>
      <table className="small">
        <tbody>
          {overview.sweep.stages.map((g) => (
            <tr key={g.name}>
              <th scope="row">{g.name}</th>
              <td>
                {g.state}
                {g.why && <span className="note"> {g.why}</span>}
                {(g.branches?.length ?? 0) > 1 && <span className="note"> {g.branches!.map((b) => b.name).join(", ")}</span>}
              </td>
              <td className="n">{g.kind === "search" ? `${count(g.proposed)} of ${g.budget ? count(g.budget) : "?"}` : ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
