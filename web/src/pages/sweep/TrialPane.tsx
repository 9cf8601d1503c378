import { useMemo } from "react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, type Decision, type Overview, type Sweep, take, type Trial } from "../../api/client";
import { num } from "../../api/numbers";
import { alone, bytes, clock, count, duration, MISSING, moment, value } from "../../plot/format";
import { StateMark } from "../../ui/Glyph";
import { Notice } from "../../ui/Notice";
import { Curve } from "./Curve";
import { peersOf } from "./peers";
import { Log } from "./Log";
import type { Row } from "./trials";

interface Props {
  sweep: Sweep;
  number: number;
  row: Row | undefined;
  rows: Row[];
  rungs: Overview["rungs"];
  log: boolean;
  close: () => void;
}

/** What happened to one trial, and why it ended. */
export function TrialPane({ sweep, number, row, rows, rungs, log, close }: Props) {
  // A trial is asked for again when its row in the stream of changes says more.
  const version = row && [row.state, row.attempts, row.resource];
  const trial = useQuery({
    queryKey: ["trial", sweep.id, number, version],
    queryFn: ({ signal }) => take(api.GET("/api/v1/sweeps/{sweep}/trials/{number}", { params: { path: { sweep: sweep.id, number } }, signal })),
    placeholderData: keepPreviousData,
  });
  const decisions = useQuery({
    queryKey: ["decisions", sweep.id, number, version],
    queryFn: ({ signal }) => take(api.GET("/api/v1/sweeps/{sweep}/decisions", { params: { path: { sweep: sweep.id }, query: { trial: number, limit: 200 } }, signal })),
    placeholderData: keepPreviousData,
  });
  const t = trial.data;
  // Its peers are chosen again only when there are many more rows than before.
  const [stage, branch, size] = [t?.stage, t?.branch, Math.ceil(Math.log2(rows.length + 1))];
  const peers = useMemo(() => (t ? peersOf(rows, t) : []), [number, stage, branch, size]);
  return (
    <section className="pane trial" id="trial" tabIndex={-1} aria-label={`Trial ${number}`}>
      <header>
        <h2>Trial {number}</h2>
        {t && <StateMark state={t.state} />}
        <button type="button" className="button quiet" onClick={close} aria-label="Close the trial">
          Close
        </button>
      </header>
      {trial.error && !t && <Notice error={trial.error} retry={() => void trial.refetch()} />}
      {t && (
        <>
          <p className="sentence">{sentence(t, sweep)}</p>
          <p className="facts">{facts(t)}</p>
          <Curve sweep={sweep} trial={t} rungs={asked(rungs, t)} peers={peers} log={log} />
          <Parameters trial={t} />
          <Attempts trial={t} />
          {(decisions.data?.decisions.length ?? 0) > 0 && <Decisions decisions={decisions.data!.decisions} />}
          <Log sweep={sweep.id} trial={t} />
        </>
      )}
    </section>
  );
}

/** The rungs a trial met: those of its branch up to where it came. */
const asked = (rungs: Overview["rungs"], t: Trial) => rungs.filter((r) => r.stage === t.stage && r.branch === t.branch && r.resource <= (t.resource ?? 0));

/** The reason of its end as stored; what it does now while it has none. */
function sentence(t: Trial, sweep: Sweep): string {
  if (t.reason) return t.reason[0]!.toUpperCase() + t.reason.slice(1) + (/[.!?]$/.test(t.reason) ? "" : ".");
  const v = num(t.value);
  switch (t.state) {
    case "completed":
      return v === undefined ? "Completed." : `Completed with ${sweep.metric} ${alone(v)}${t.best_step === undefined ? "" : `, best at step ${count(t.best_step)}`}.`;
    case "running":
      return t.best === undefined ? "Running; it has reported nothing yet." : `Running; best ${sweep.metric} so far ${alone(num(t.best))}.`;
    case "queued":
      return "Waits for a worker.";
    case "failed":
      return t.failure?.message ?? "Failed.";
    case "stopped":
      return "Stopped early.";
    default:
      return "Cancelled.";
  }
}

function facts(t: Trial) {
  const list: [string, string, string?][] = [
    [t.branch && t.branch !== t.stage ? `${t.stage} · ${t.branch}` : t.stage, ""],
    [duration(t.seconds), "of work"],
  ];
  if (t.started) list.push([clock(t.started), "started", moment(t.started)]);
  if (t.by) list.push([t.by, t.note ? `proposed it, ${t.note}` : "proposed it"]);
  return list.map(([v, label, title]) => (
    <span key={label} className="fact" title={title}>
      <b>{v}</b> {label}
    </span>
  ));
}

function Parameters({ trial: t }: { trial: Trial }) {
  const names = Object.keys({ ...t.params, ...t.proposed }).sort();
  const changed = t.proposed !== undefined;
  return (
    <>
      <h3>
        Parameters {changed && <span className="note">changed before the last attempt; what the sampler proposed stands beside</span>}
      </h3>
      <table className="small">
        {changed && (
          <thead>
            <tr>
              <th scope="col">name</th>
              <th scope="col" className="n">
                ran with
              </th>
              <th scope="col" className="n">
                proposed
              </th>
            </tr>
          </thead>
        )}
        <tbody>
          {names.map((n) => (
            <tr key={n} className={changed && t.params[n] !== t.proposed![n] ? "differs" : undefined}>
              <th scope="row">{n}</th>
              <td className="n">{value(t.params[n])}</td>
              {changed && <td className="n">{value(t.proposed![n])}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

/** Each start of the trial, and what changed before it. */
function Attempts({ trial: t }: { trial: Trial }) {
  return (
    <>
      <h3>Attempts</h3>
      <table className="small attempts">
        <thead>
          <tr>
            <th scope="col">
              <span className="hidden">number</span>
            </th>
            <th scope="col">end</th>
            <th scope="col" className="n">
              took
            </th>
            <th scope="col" className="n">
              peak memory
            </th>
            <th scope="col" className="n">
              worker
            </th>
          </tr>
        </thead>
        <tbody>
          {t.attempts.map((a) => (
            <tr key={a.number}>
              <th scope="row">{a.number}</th>
              <td>
                <b className={a.failure ? "failure" : undefined}>{a.failure ? (classes[a.failure.class] ?? a.failure.class) : a.verdict || a.state}</b>
                {changes(t, a).map((c) => (
                  <span key={c} className="change">
                    {c}
                  </span>
                ))}
                {/* The reason of the trial stands above; only another one is told. */}
                {a.failure && a.failure.message !== t.reason && <span className="note"> {a.failure.message}</span>}
              </td>
              <td className="n">{a.started ? duration((Date.parse(a.ended ?? new Date().toISOString()) - Date.parse(a.started)) / 1000) : MISSING}</td>
              <td className="n">{bytes(a.peaks?.gpu_memory || a.peaks?.rss)}</td>
              <td className="n mono" title={[a.worker, ...(a.devices ?? [])].filter(Boolean).join("\n")}>
                {a.worker?.slice(0, 10) || MISSING}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

/** What a person reads for the class of a failure; others stand as they are. */
const classes: Record<string, string> = { oom_host: "out of memory", oom_gpu: "out of GPU memory" };

/** The parameters of an attempt that differ from what was proposed: batch 1024 → 512. */
function changes(t: Trial, a: Trial["attempts"][number]): string[] {
  const proposed = t.proposed ?? t.params;
  return Object.entries(a.params ?? {})
    .filter(([name, v]) => v !== proposed[name])
    .map(([name, v]) => `${name} ${value(proposed[name])} \u2192 ${value(v)}`);
}

function Decisions({ decisions }: { decisions: Decision[] }) {
  return (
    <>
      <h3>Decisions</h3>
      <ol className="decisions">
        {decisions.map((d) => (
          <li key={`${d.seq}${d.kind}${d.text}`}>
            <time dateTime={d.at} title={moment(d.at)}>
              {clock(d.at)}
            </time>
            <span>
              <b className={d.kind === "stop" || d.kind === "fail" ? "warm" : undefined}>{d.kind.replace("_", " ")}</b> {d.text} <span className="note">{d.actor}</span>
            </span>
          </li>
        ))}
      </ol>
    </>
  );
}
