import type { Overview } from "../../api/client";
import { num } from "../../api/numbers";
import { alone, count } from "../../plot/format";

type Rung = Overview["rungs"][number];

/** Where trials were stopped: per rung how many came, how many went on, and what it asked for. */
export function Rungs({ rungs }: { rungs: Rung[] }) {
  const ladders = Map.groupBy(rungs, (r) => [...new Set([r.stage, r.branch, r.group])].filter(Boolean).join(" · "));
  const most = Math.max(1, ...rungs.map((r) => r.reached));
  return (
    <section className="pane" aria-label="Rungs">
      <h2>
        Rungs <span className="note">blue: went on, grey: stopped early or still there</span>
      </h2>
      {[...ladders].map(([name, steps]) => (
        <div key={name} className="ladder">
          <h3>{name}</h3>
          <table>
            <thead className="hidden">
              <tr>
                <th scope="col">Rung</th>
                <th scope="col">Trials</th>
                <th scope="col">Cut</th>
              </tr>
            </thead>
            <tbody>
              {steps
                .toSorted((a, b) => a.resource - b.resource)
                .map((r) => (
                  <tr key={r.resource}>
                    <th scope="row">{alone(r.resource)}</th>
                    <td>
                      <span className="bar" style={{ width: `${(100 * r.reached) / most}%` }} aria-hidden="true">
                        <span style={{ width: `${r.reached ? (100 * r.promoted) / r.reached : 0}%` }} />
                      </span>
                      <span title={`${r.promoted} of ${r.reached} went on`}>{count(r.reached)}</span>
                    </td>
                    <td className="cut">{r.cut === undefined ? "final" : `cut at ${alone(num(r.cut))}`}</td>
                  </tr>
                ))}
            </tbody>
          </table>
        </div>
      ))}
    </section>
  );
}
