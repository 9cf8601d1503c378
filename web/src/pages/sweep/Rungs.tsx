import type { Overview } from "../../api/client";
import { num } from "../../api/numbers";
import { alone, count } from "../../plot/format";

type Rung = Overview["rungs"][number];

/** How many went on past the last of some rungs. */
const beyond = (steps: Rung[]) => steps.at(-1)?.promoted ?? 0;

/** Where trials were stopped: per rung how many came, how many went on, and what it asked for. */
export function Rungs({ rungs }: { rungs: Rung[] }) {
  const sorted = rungs.toSorted((a, b) => a.resource - b.resource);
  const ladders = Map.groupBy(sorted, (r) => [...new Set([r.stage, r.branch, r.group])].filter(Boolean).join(" · "));
  const most = Math.max(1, ...rungs.map((r) => r.reached));
  return (
    <section className="pane" aria-label="Rungs">
      <h2>
        Rungs <span className="note">blue went on, grey did not, or not yet</span>
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
              {steps.map((r) => (
                <tr key={r.resource}>
                  <th scope="row">{alone(r.resource)}</th>
                  <td>
                    <span className="bar" style={{ width: `${(100 * r.reached) / most}%` }} aria-hidden="true">
                      <span style={{ width: `${r.reached ? (100 * r.promoted) / r.reached : 0}%` }} />
                    </span>
                    <span title={`${r.promoted} of ${r.reached} went on`}>{count(r.reached)}</span>
                  </td>
                  <td className="cut">{r.cut === undefined ? "no cut yet" : `cut at ${alone(num(r.cut))}`}</td>
                </tr>
              ))}
              <tr>
                <th scope="row">end</th>
                <td>
                  <span className="bar" style={{ width: `${(100 * beyond(steps)) / most}%` }} aria-hidden="true">
                    <span style={{ width: "100%" }} />
                  </span>
                  {count(beyond(steps))}
                </td>
                <td className="cut">passed every rung</td>
              </tr>
            </tbody>
          </table>
        </div>
      ))}
    </section>
  );
}
