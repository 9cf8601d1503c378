// A trial's curve with uPlot: readings over reports, a dash where a rung cut.
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Chart } from "./bestSoFar";
import { alone, count, tickStyle, write } from "./format";
import { extent, padded } from "./scale";
import { onTheme, readTokens } from "./tokens";

/** The curve of another trial, drawn behind. */
export interface Peer {
  x: number[];
  y: number[];
}

export interface CurveData {
  x: number[]; // ordinal of the report
  y: number[]; // may be not finite
  steps: number[]; // as the trial logged them
  cuts: { x: number; y: number }[];
  peers: Peer[];
  goal: "minimize" | "maximize";
  log: boolean;
}

const HEIGHT = 190;
/** Reports are counted: ticks are whole. */
const WHOLE = [1, 2, 5].flatMap((m) => [0, 1, 2, 3, 4, 5, 6, 7].map((e) => m * 10 ** e)).sort((a, b) => a - b);

/** Some marks of a logarithmic axis have no label and come as null. */
function label(marks: (number | null)[]): string[] {
  const style = tickStyle(marks.filter((m) => m !== null));
  return marks.map((v) => (v === null ? "" : write(v, style)));
}

/** The readings, what was asked of them, and most of what the peers had by then,
 * with a little room. */
function around(low: number, high: number, { x, cuts, peers }: CurveData): [number, number] {
  const end = x.at(-1) ?? 0;
  const theirs = peers.flatMap((p) => p.y.filter((v, i) => p.x[i]! <= end && Number.isFinite(v))).sort((a, b) => a - b);
  const at = (share: number) => theirs[Math.floor(share * (theirs.length - 1))] ?? NaN;
  const [a, b] = padded(extent([low, high, at(0.1), at(0.95), ...cuts.map((c) => c.y)]) ?? [0, 1], 0.08);
  return [a, b];
}

/** The marks of an axis of rungs, which lie a factor apart and want a logarithmic
 * one: each rung, and the last report where it is not beside one. */
function rungMarks({ x, cuts }: CurveData): number[] | undefined {
  const rungs = [...new Set(cuts.map((c) => c.x))].sort((a, b) => a - b);
  if (rungs.length < 2 || !(x[0]! > 0)) return undefined;
  const last = x.at(-1)!;
  return last > 1.3 * rungs.at(-1)! ? [...rungs, last] : rungs;
}

function drawPeers(u: uPlot, peers: readonly Peer[], color: string): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.strokeStyle = color;
  ctx.globalAlpha = 0.28;
  ctx.lineWidth = devicePixelRatio;
  for (const p of peers) {
    ctx.beginPath();
    let pen = false;
    p.x.forEach((x, i) => {
      const y = p.y[i]!;
      if (!Number.isFinite(y)) {
        pen = false;
        return;
      }
      const place = [u.valToPos(x, "x", true), u.valToPos(y, "y", true)] as const;
      if (pen) ctx.lineTo(...place);
      else ctx.moveTo(...place);
      pen = true;
    });
    ctx.stroke();
  }
  ctx.restore();
}

export function mount(box: HTMLElement, first: CurveData): Chart<CurveData> {
  let data = first;
  const tip = document.createElement("span");
  tip.className = "tip above";
  tip.hidden = true;
  box.append(tip);
  let plot = build();

  function build(): uPlot {
    const ink = readTokens();
    const rungs = rungMarks(data);
    const log = data.log && data.y.every((v) => !(v <= 0));
    const finite = data.y.map((v) => (Number.isFinite(v) ? v : null));
    const font = "11.5px 'Inter Variable', system-ui, sans-serif";
    const axis = { stroke: ink["ink-3"], font, grid: { stroke: ink.line, width: 1 }, ticks: { show: false } };
    return new uPlot(
      {
        width: box.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { points: { one: true, size: 7 }, drag: { x: false, y: false } },
        scales: { x: { time: false, ...(rungs ? { distr: 3 } : {}), range: (_u, low, high) => (low === high ? [low / 2, high * 2] : [low, high]) }, y: log ? { distr: 3 } : { range: (_u, low, high) => around(low, high, data) } },
        axes: [
          rungs
            ? { ...axis, size: 30, splits: () => rungs, filter: (_u, marks) => marks, values: (_u, marks) => marks.map(count) }
            : { ...axis, size: 30, grid: { show: false }, incrs: WHOLE },
          { ...axis, size: 56, values: (_u, marks) => label(marks) },
        ],
        series: [{}, { stroke: ink.accent, width: 2, points: { show: data.x.length < 40, size: 5, fill: ink.accent } }],
        hooks: {
          drawAxes: [(u) => drawPeers(u, data.peers, ink["ink-3"])],
          draw: [
            (u) => {
              u.ctx.save();
              u.ctx.strokeStyle = ink.warm;
              u.ctx.fillStyle = ink.warm;
              u.ctx.lineWidth = 2 * devicePixelRatio;
              u.ctx.font = `${11.5 * devicePixelRatio}px 'Inter Variable', system-ui, sans-serif`;
              u.ctx.textBaseline = "middle";
              u.ctx.textAlign = "center";
              for (const cut of data.cuts) {
                if (!Number.isFinite(cut.y) || cut.x > (u.scales.x?.max ?? 0)) continue;
                const x = u.valToPos(cut.x, "x", true);
                const y = u.valToPos(cut.y, "y", true);
                if (y < u.bbox.top || y > u.bbox.top + u.bbox.height) continue;
                u.ctx.beginPath();
                u.ctx.moveTo(x - 9 * devicePixelRatio, y);
                u.ctx.lineTo(x + 9 * devicePixelRatio, y);
                u.ctx.stroke();
                const up = data.goal === "maximize";
                const text = `${up ? "\u2265" : "\u2264"} ${alone(cut.y)}`;
                // On the side that improves there are fewer curves; the ground around it keeps it readable.
                const half = u.ctx.measureText(text).width / 2;
                const at = Math.max(u.bbox.left + half, Math.min(x, u.bbox.left + u.bbox.width - half));
                const beside = y + (up ? -9 : 10) * devicePixelRatio;
                u.ctx.save();
                u.ctx.strokeStyle = ink.ground;
                u.ctx.lineWidth = 3 * devicePixelRatio;
                u.ctx.strokeText(text, at, beside);
                u.ctx.restore();
                u.ctx.fillText(text, at, beside);
              }
              u.ctx.restore();
            },
          ],
          setCursor: [
            (u) => {
              const i = u.cursor.idx;
              tip.hidden = i === null || i === undefined || (u.cursor.left ?? -1) < 0;
              if (tip.hidden) return;
              tip.textContent = `report ${data.x[i!]}, step ${data.steps[i!]}: ${alone(data.y[i!])}`;
              tip.style.left = `${(u.cursor.left ?? 0) + u.bbox.left / devicePixelRatio}px`;
            },
          ],
        },
      },
      [data.x, finite],
      box,
    );
  }

  function rebuild() {
    plot.destroy();
    plot = build();
  }
  const observer = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: HEIGHT }));
  observer.observe(box);
  const untheme = onTheme(rebuild);
  return {
    update(next) {
      const same = next.log === data.log && String(rungMarks(next)) === String(rungMarks(data));
      data = next;
      if (same) plot.setData([data.x, data.y.map((v) => (Number.isFinite(v) ? v : null))]);
      else rebuild();
    },
    destroy() {
      observer.disconnect();
      untheme();
      plot.destroy();
      tip.remove();
    },
  };
}
