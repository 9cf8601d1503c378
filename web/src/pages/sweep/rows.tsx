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

interface EnsembleProps {
  ensemble: Ensemble;
  template: string;
  width: number; // pixels, of all columns
  shown: Column[];
  /** Whether its score is of the same measure as the column of scores. */
  single: boolean;
}

/** An ensemble above the trials it was made of, its score among theirs. */
export function EnsembleRow({ ensemble: e, template, width, shown, single }: EnsembleProps) {
  const at = single ? shown.findIndex((c) => c.id === "value") : -1;
  const value = shown[at];
  const others = Object.entries(e.scores).filter(([split]) => !value || split !== e.split);
  return (
    <div role="row" className="grid-row ensemble-row" style={{ gridTemplateColumns: template, minWidth: width }}>
      {shown.slice(0, at + 1).map((c) => (
        <div key={c.id} role="gridcell" className={c.right ? "n" : undefined}>
          {c.id === "number" && <span title={`ensemble ${e.stage}`}>◆</span>}
          {c.id === "state" && `${count(e.members.length)} together`}
          {c.id === "value" && <span className="final">{c.text({ number: 0, state: "completed", value: e.scores[e.split] })}</span>}
        </div>
      ))}
      <div role="gridcell" aria-colspan={shown.length - at - 1} style={{ gridColumn: `${at + 2} / -1` }}>
        {!value && `◆ ${count(e.members.length)} together, `}
        ensemble <b>{e.stage}</b>
        {others.map(([split, v]) => (
          <span key={split}>
            {" · "}
            {e.metric} on {split} <b>{alone(v)}</b>
            {e.best_single.scores[split] !== undefined && <span className="note"> best single {alone(e.best_single.scores[split])}</span>}
          </span>
        ))}
      </div>
    </div>
  );
}
