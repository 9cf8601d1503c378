import type { Ensemble } from "../../api/client";
import { alone, count } from "../../plot/format";

/** Which trials together, and what that gains over the best one alone. */
export function Ensembles({ ensembles, open }: { ensembles: Ensemble[]; open: (trial: number) => void }) {
  return (
    <section className="pane" aria-label="Ensembles">
      {ensembles.map((e) => (
        <div key={e.stage} className="ensemble">
          <h2>
            Ensemble {e.stage}{" "}
            <span className="note">
              {count(e.members.length)} of {count(e.considered)} trials, weighed by {e.metric} on {e.split}
            </span>
          </h2>
          <table className="small">
            <thead>
              <tr>
                <th scope="col">{e.metric}</th>
                <th scope="col" className="n">
                  ensemble
                </th>
                <th scope="col" className="n">
                  trial {e.best_single.trial}
                </th>
                <th scope="col" className="n">
                  gain
                </th>
              </tr>
            </thead>
            <tbody>
              {Object.entries(e.scores).map(([split, score]) => {
                const single = e.best_single.scores[split];
                return (
                  <tr key={split}>
                    <th scope="row">{split}</th>
                    <td className="n">
                      <b>{alone(score)}</b>
                    </td>
                    <td className="n">{alone(single)}</td>
                    <td className="n">{single ? gain(score, single) : ""}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
          <ul className="members" aria-label="Members and their weights">
            {e.members
              .toSorted((a, b) => b.weight - a.weight)
              .map((m) => (
                <li key={m.trial}>
                  <button type="button" className="link" onClick={() => open(m.trial)}>
                    {m.trial}
                  </button>
                  <span className="bar" aria-hidden="true">
                    <span style={{ width: `${100 * m.weight}%` }} />
                  </span>
                  <span className="n">{m.weight.toFixed(2)}</span>
                </li>
              ))}
          </ul>
          {e.missing > 0 && <p className="note">{count(e.missing)} trials left no predictions and could not be considered.</p>}
          {e.note && <p className="note">{e.note}</p>}
        </div>
      ))}
    </section>
  );
}

/** Losses: less is better. */
function gain(score: number, single: number): string {
  const share = (100 * (single - score)) / Math.abs(single);
  return `${share >= 0 ? "" : "\u2212"}${Math.abs(share).toFixed(1)} %`;
}
