import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { api, type Overview, type Sweep, take, type Trial } from "../../api/client";
import { num } from "../../api/numbers";
import { alone, count } from "../../plot/format";
import { usePeers } from "./peers";
import type { CurveData } from "../../plot/curve";
import type { Chart } from "../../plot/bestSoFar";

interface Props {
  sweep: Sweep;
  trial: Trial;
  rungs: Overview["rungs"];
  /** Trials to draw behind. */
  peers: number[];
  log: boolean;
}

/** The readings of one trial over its reports, with what the rungs asked for. */
export function Curve({ sweep, trial, rungs, peers, log }: Props) {
  const curves = useQuery({
    queryKey: ["curve", sweep.id, trial.number, trial.resource, trial.attempts.length],
    queryFn: ({ signal }) =>
      take(api.GET("/api/v1/sweeps/{sweep}/curves", { params: { path: { sweep: sweep.id }, query: { trials: String(trial.number), points: 800 } }, signal })),
    placeholderData: (last) => last,
  });
  const behind = usePeers(sweep.id, peers);
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<Chart<CurveData>>(undefined);
  const curve = curves.data?.curves.at(-1);

  useEffect(() => {
    if (!curve || curve.values.length === 0) return;
    const data: CurveData = {
      x: curve.resources,
      y: curve.values.map((v) => num(v) ?? NaN),
      steps: curve.steps,
      cuts: rungs.flatMap((r) => (r.cut === undefined ? [] : [{ x: r.resource, y: num(r.cut) ?? NaN }])),
      peers: behind,
      goal: sweep.goal,
      log,
    };
    if (chart.current) {
      chart.current.update(data);
      return;
    }
    let gone = false;
    // The chart's library is fetched with the first trial that is opened.
    void import("../../plot/curve").then(({ mount }) => {
      if (!gone && box.current && !chart.current) chart.current = mount(box.current, data);
    });
    return () => {
      gone = true;
    };
  }, [curve, rungs, behind, log, sweep.goal]);
  useEffect(() => () => chart.current?.destroy(), []);

  const values = curve?.values.map((v) => num(v) ?? NaN) ?? [];
  const cuts = rungs.some((r) => r.cut !== undefined);
  const broken = values.findIndex((v) => !Number.isFinite(v));
  return (
    <>
      <h3>
        {sweep.metric} <span className="note">
          over reports
          {behind.length > 0 && `; grey: ${count(behind.length)} of its ${trial.branch ? "branch" : "stage"}`}
          {cuts && "; orange: what each rung asks for now"}
        </span>
      </h3>
      <div
        className="curve"
        hidden={curves.data && values.length === 0}
        ref={box}
        role="img"
        aria-label={values.length ? `${sweep.metric} over ${count(values.length)} reports, from ${alone(values[0])} to ${alone(values.at(-1))}` : "no reading"}
      />
      {curves.data && values.length === 0 && <p className="waiting">It has reported no {sweep.metric}.</p>}
      {broken >= 0 && <p className="note warm">diverged at report {count(curve!.resources[broken]!)}</p>}
    </>
  );
}
