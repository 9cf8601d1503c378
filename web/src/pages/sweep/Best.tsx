import { useEffect, useMemo, useRef, useState } from "react";
import type { Overview } from "../../api/client";
import { num } from "../../api/numbers";
import { type BestData, type Chart, type Dot, mount, shown } from "../../plot/bestSoFar";
import { alone, count, duration } from "../../plot/format";

/** How the best value came about. */
export function Best({ overview, log, open }: { overview: Overview; log: boolean; open: (trial: number) => void }) {
  const { sweep } = overview;
  const data = useMemo<BestData>(
    () => ({
      corners: overview.best_so_far.map((c) => ({ t: c.t, value: num(c.value) ?? NaN, trial: c.trial })),
      dots: overview.dots.map((d) => ({ t: d.t, value: num(d.value) ?? NaN, trial: d.trial, state: d.state })),
      now: overview.now ?? 0,
      goal: sweep.goal,
      log,
      label: overview.sentence.value,
    }),
    [overview, sweep.goal, log],
  );
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<Chart<BestData>>(undefined);
  const latest = useRef(open);
  latest.current = open;
  const [tip, setTip] = useState<{ dot: Dot; x: number; y: number }>();

  useEffect(() => {
    const c = mount(
      box.current!,
      data,
      (trial) => latest.current(trial),
      (dot, x, y) => setTip(dot && { dot, x, y }),
    );
    chart.current = c;
    return () => c.destroy();
    // The chart lives as long as its box; new data come by update.
  }, []);
  useEffect(() => chart.current?.update(data), [data]);

  const outside = useMemo(() => {
    const range = shown(data);
    return range ? data.dots.filter((d) => !(d.value >= range[0] && d.value <= range[1])).length : 0;
  }, [data]);
  const last = data.corners.at(-1);
  const summary = last
    ? `Best ${sweep.metric} so far: ${alone(last.value)} by trial ${last.trial}, ${duration(last.t)} after the start; ${data.corners.length} improvements over ${data.dots.length} results.`
    : "No result yet.";
  return (
    <section className="pane best" aria-label="Best so far">
      <h2>
        Best so far{" "}
        <span className="note">
          each dot is a trial’s result{log ? "; logarithmic" : ""}
          {outside > 0 && `; ${count(outside)} of ${count(data.dots.length)} lie outside, ticks at the edge`}
        </span>
      </h2>
      <div className="chart" ref={box} role="img" aria-label={summary}>
        {!last && <p className="waiting">The first result will start the curve.</p>}
        {tip && (
          <span className="tip" style={{ left: tip.x, top: tip.y }}>
            trial {tip.dot.trial}: {alone(tip.dot.value)}
          </span>
        )}
      </div>
    </section>
  );
}
