import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { api, type Sweep, take } from "../../api/client";
import { num } from "../../api/numbers";
import { ago, count, duration, MISSING, moment, score } from "../../plot/format";
import { Copy } from "../../ui/Copy";
import { StateMark } from "../../ui/Glyph";
import { showState } from "../../ui/favicon";
import { Top } from "../../ui/Layout";
import { Notice } from "../../ui/Notice";
import { useNow } from "../../ui/useNow";
import { Progress } from "./Progress";

const CAP = 200;

/** Which sweeps run, and which is worth a look? */
export function Sweeps() {
  const list = useQuery({
    queryKey: ["sweeps"],
    queryFn: ({ signal }) => take(api.GET("/api/v1/sweeps", { params: { query: { limit: CAP } }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: 3_000,
  });
  useEffect(() => {
    showState(undefined);
    document.title = "Sweeps · sweepd";
  }, []);
  const sweeps = list.data?.sweeps;
  const running = sweeps?.filter((s) => s.state === "running").length ?? 0;
  return (
    <>
      <Top />
      <main className="page">
        <h1 className="headline">
          {sweeps === undefined ? "Sweeps" : sweeps.length === 0 ? "No sweeps yet." : headline(sweeps.length, running)}
        </h1>
        {list.error && !sweeps && <Notice error={list.error} retry={() => void list.refetch()} />}
        {list.error && sweeps && <p className="facts warm">Not live: {list.error.message}. Trying again.</p>}
        {sweeps?.length === 0 && <First />}
        {sweeps && sweeps.length > 0 && <Table sweeps={sweeps} />}
        {list.data?.next && <p className="facts">Showing the newest {CAP} sweeps; sweepd ls lists all.</p>}
      </main>
    </>
  );
}

function headline(all: number, running: number) {
  const rest = `${count(all)} ${all === 1 ? "sweep" : "sweeps"} in all`;
  return (
    <>
      {running === 0 ? "Nothing runs" : `${count(running)} ${running === 1 ? "sweep runs" : "sweeps run"}`}
      <span className="rest"> — {rest}.</span>
    </>
  );
}

function Table({ sweeps }: { sweeps: Sweep[] }) {
  const now = useNow(5_000);
  return (
    <div className="scroll" role="region" aria-label="Sweeps" tabIndex={0}>
      <table className="list">
        <thead>
          <tr>
            <th scope="col">Sweep</th>
            <th scope="col">State</th>
            <th scope="col" className="n best">
              Best
            </th>
            <th scope="col" className="unit">
              <span className="hidden">Metric</span>
            </th>
            <th scope="col" className="bar-column">
              Trials
            </th>
            <th scope="col" className="n">
              Done
            </th>
            <th scope="col" className="stages">
              Stages
            </th>
            <th scope="col" className="n work">
              Work
            </th>
            <th scope="col" className="n started">
              Started
            </th>
          </tr>
        </thead>
        <tbody>
          {sweeps.map((s) => (
            <tr key={s.id}>
              <td>
                <Link to="/s/$sweep" params={{ sweep: s.id }}>
                  {s.name}
                </Link>
                <span className="id">{s.id}</span>
              </td>
              <td className="how" title={s.why}>
                <StateMark state={s.state} />
                {s.why && <span className="why">{s.why}</span>}
              </td>
              <td className="n best">{s.best ? <b>{score(num(s.best.value))}</b> : MISSING}</td>
              <td className="unit">{s.metric}</td>
              <td className="bar-column">
                <Progress counts={s.counts} planned={s.planned} />
              </td>
              <td className="n">
                {count(ended(s))}
                <span className="unit"> of {count(Math.max(s.planned, s.counts.created))}</span>
              </td>
              <td className="stages">{s.stages.map((g) => g.name).join(" → ")}</td>
              <td className="n work">{s.counts.seconds > 0 ? duration(s.counts.seconds) : MISSING}</td>
              <td className="n started" title={moment(s.started ?? s.created)}>
                {ago(s.started ?? s.created, now)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ended({ counts: c }: Sweep): number {
  return c.completed + c.stopped + c.failed + c.cancelled;
}

/** Two ways to make the first one. */
function First() {
  return (
    <section className="first">
      <h2>A sweep of an unchanged script</h2>
      <p>Save this as sweep.yaml beside a script that takes its parameters as arguments and logs with MLflow:</p>
      <Copy label="A sweep file" text={`command: [python, train.py]\nobjective: {metric: val_acc, goal: maximize}\nspace:\n  lr: {log: [1e-5, 1e-1]}\n  batch-size: [32, 64]\nbudget: {trials: 40, parallel: 4}`} />
      <h2>Start it</h2>
      <Copy label="From a shell" text="sweepd submit sweep.yaml" />
      <p>or from Python:</p>
      <Copy label="From Python" text={`import sweepd as sw\n\nsweep = sw.submit("sweep.yaml")\nprint(sweep.wait().best())`} />
    </section>
  );
}
