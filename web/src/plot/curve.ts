// A trial's curve with uPlot: readings over reports, a dash where a rung cut.
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Chart } from "./bestSoFar";
import { alone, tickStyle, write } from "./format";
import { extent, padded } from "./scale";
import { onTheme, readTokens } from "./tokens";

export interface CurveData {
  x: number[]; // ordinal of the report
  y: number[]; // may be not finite
  steps: number[]; // as the trial logged them
  cuts: { x: number; y: number }[];
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

/** The readings and what was asked of them, with a little room. */
function around(low: number, high: number, cuts: CurveData["cuts"]): [number, number] {
  const [a, b] = padded(extent([low, high, ...cuts.map((c) => c.y)]) ?? [0, 1], 0.08);
  return [a, b];
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
        scales: { x: { time: false, range: (_u, low, high) => (low === high ? [low - 1, high + 1] : [low, high]) }, y: log ? { distr: 3 } : { range: (_u, low, high) => around(low, high, data.cuts) } },
        axes: [
          { ...axis, size: 30, grid: { show: false }, incrs: WHOLE },
          { ...axis, size: 56, values: (_u, marks) => label(marks) },
        ],
        series: [{}, { stroke: ink.accent, width: 2, points: { show: data.x.length < 40, size: 5, fill: ink.accent } }],
        hooks: {
          draw: [
            (u) => {
              u.ctx.save();
              u.ctx.strokeStyle = ink.warm;
              u.ctx.fillStyle = ink.warm;
              u.ctx.lineWidth = 2 * devicePixelRatio;
              u.ctx.font = `${11.5 * devicePixelRatio}px 'Inter Variable', system-ui, sans-serif`;
              u.ctx.textBaseline = "middle";
              for (const cut of data.cuts) {
                if (!Number.isFinite(cut.y) || cut.x > (u.scales.x?.max ?? 0)) continue;
                const x = u.valToPos(cut.x, "x", true);
                const y = u.valToPos(cut.y, "y", true);
                if (y < u.bbox.top || y > u.bbox.top + u.bbox.height) continue;
                u.ctx.beginPath();
                u.ctx.moveTo(x - 9 * devicePixelRatio, y);
                u.ctx.lineTo(x + 9 * devicePixelRatio, y);
                u.ctx.stroke();
                const text = `${data.goal === "maximize" ? "\u2265" : "\u2264"} ${alone(cut.y)}`;
                // A curve that improves comes from the far side of the cut: there is room before it.
                const before = x - 13 * devicePixelRatio - u.ctx.measureText(text).width >= u.bbox.left;
                u.ctx.textAlign = before ? "right" : "left";
                u.ctx.fillText(text, x + (before ? -13 : 13) * devicePixelRatio, y);
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
      const same = next.log === data.log;
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
