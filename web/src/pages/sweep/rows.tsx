import { memo } from "react";
import type { Ensemble } from "../../api/client";
import { alone, count } from "../../plot/format";
import { sparkPath } from "../../plot/spark";
import { StateMark } from "../../ui/Glyph";
import type { Column } from "./columns";
import { type Ladders, Pips } from "./Pips";
import type { Row } from "./trials";

interface Props {
  row: Row;
  index: number;
  start: number; // pixels from the top of the rows
  template: string;
  shown: Column[];
  chosen: boolean;
  best: boolean;
  curve: number[] | undefined;
  ladders: Ladders;
  open: (trial: number) => void;
}

/** One trial's row; drawn again only when something of it changed. */
export const TrialRow = memo(function TrialRow({ row, index, start, template, shown, chosen, best, curve, ladders, open }: Props) {
  return (
    <div
      id={`trial-${row.number}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={chosen}
      className="grid-row"
      style={{ gridTemplateColumns: template, transform: `translateY(${start}px)` }}
      onClick={() => open(row.number)}
    >
      {shown.map((c) => (
        <div key={c.id} role="gridcell" className={c.right ? "n" : undefined}>
          <Cell column={c} row={row} best={best} curve={curve} ladders={ladders} />
        </div>
      ))}
    </div>
  );
});

function Cell({ column, row, best, curve, ladders }: { column: Column; row: Row; best: boolean; curve: number[] | undefined; ladders: Ladders }) {
  switch (column.id) {
    case "number":
      return (
        <>
          {best && (
            <span role="img" aria-label="best">
              ★{" "}
            </span>
          )}
          {row.number}
        </>
      );
    case "state":
      return <StateMark state={row.state} />;
    case "value":
      return <span className={row.value === undefined ? "open" : "final"}>{column.text(row)}</span>;
    case "rungs":
      return <Pips row={row} ladders={ladders} />;
    case "curve":
      return curve && curve.length > 1 ? (
        <svg className={`spark ${row.state}`} width="88" height="16" aria-hidden="true">
          <path d={sparkPath(curve, 88, 16)} />
        </svg>
      ) : null;
    default: {
      const text = column.text(row);
      return <span title={text}>{text}</span>;
    }
  }
}

/** An ensemble above the trials it was made of. */
export function EnsembleRow({ ensemble: e, columns, width }: { ensemble: Ensemble; columns: number; width: number }) {
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
