// The best value so far as a step curve over the results it came from. Draws on a
// canvas; knows no React. mount() gives the way to update and to destroy.
import { alone, tickStyle, write } from "./format";
import { extent, linear, padded, type Range, ticks, timeLabel, timeTicks } from "./scale";
import { onTheme, readTokens } from "./tokens";

export interface Dot {
  t: number; // seconds since the sweep started
  value: number;
  trial: number;
  state: string;
}

export interface BestData {
  corners: { t: number; value: number; trial: number }[];
  dots: Dot[];
  now: number;
  goal: "minimize" | "maximize";
  log: boolean;
  /** The best value as the sentence above writes it. */
  label?: string;
}

export interface Chart<T> {
  update(data: T): void;
  destroy(): void;
}

const LEFT = 56;
const RIGHT = 64;
const TOP = 12;
const BOTTOM = 26;
/** Shares of the completed and of all results, the best, that the value axis is made for. */
const KEPT = 0.6;
const KEPT_OF_ALL = 1 / 3;
/** Up to so many dots are round; more are squares, which draw several times as fast. */
const ROUND = 400;

/** The range of values to show: the better results and the later half of the
 * curve. What was tried at first may be far outside and would flatten the rest. */
export function shown(data: BestData): Range | undefined {
  const sign = data.goal === "minimize" ? 1 : -1;
  const best = (dots: Dot[], share: number) => {
    const values = dots.map((d) => d.value).filter(Number.isFinite);
    values.sort((a, b) => sign * (a - b));
    return values.slice(0, Math.max(3, Math.ceil(values.length * share)));
  };
  const completed = data.dots.filter((d) => d.state === "completed");
  const kept = [...best(completed, KEPT), ...best(data.dots, KEPT_OF_ALL)];
  const later = data.corners.slice(Math.floor(data.corners.length / 2)).map((c) => c.value);
  const range = extent([...kept, ...later]) ?? extent(data.dots.map((d) => d.value));
  return range && padded(range);
}

export function mount(box: HTMLElement, first: BestData, open: (trial: number) => void, hover: (dot: Dot | undefined, x: number, y: number) => void): Chart<BestData> {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("aria-hidden", "true"); // the box carries the words
  box.append(canvas);
  let data = first;
  let places: { x: number; y: number; dot: Dot }[] = [];
  let near: Dot | undefined;
  let frame = 0;

  const later = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(draw);
  };
  const observer = new ResizeObserver(later);
  observer.observe(box);
  const untheme = onTheme(later);

  function at(e: PointerEvent | MouseEvent) {
    const r = canvas.getBoundingClientRect();
    const x = e.clientX - r.left;
    const y = e.clientY - r.top;
    let best: (typeof places)[number] | undefined;
    let distance = 14 ** 2;
    for (const p of places) {
      const d = (p.x - x) ** 2 + (p.y - y) ** 2;
      if (d < distance) {
        distance = d;
        best = p;
      }
    }
    return best;
  }
  canvas.onpointermove = (e) => {
    const p = at(e);
    if (p?.dot === near) return;
    near = p?.dot;
    canvas.style.cursor = near ? "pointer" : "";
    hover(near, p?.x ?? 0, p?.y ?? 0);
    later();
  };
  canvas.onpointerleave = () => {
    near = undefined;
    hover(undefined, 0, 0);
    later();
  };
  canvas.onclick = (e) => {
    const p = at(e);
    if (p) open(p.dot.trial);
  };

  function draw() {
    const { clientWidth: w, clientHeight: h } = box;
    const range = shown(data);
    const ratio = devicePixelRatio || 1;
    canvas.width = Math.round(w * ratio);
    canvas.height = Math.round(h * ratio);
    canvas.style.width = `${w}px`;
    canvas.style.height = `${h}px`;
    const c = canvas.getContext("2d");
    if (!c || range === undefined || w < 120) return;
    c.scale(ratio, ratio);
    const ink = readTokens();
    const log = data.log && range[0] > 0;
    const f = log ? Math.log10 : (v: number) => v;
    const right = w - RIGHT;
    const bottom = h - BOTTOM;
    const end = Math.max(data.now, data.corners.at(-1)?.t ?? 0, data.dots.at(-1)?.t ?? 0, 1e-3);
    const x = linear([0, end], [LEFT, right]);
    const place = linear([f(range[0]), f(range[1])], [bottom, TOP]);
    const y = (v: number) => place(f(v));

    c.font = "11.5px 'Inter Variable', system-ui, sans-serif";
    c.textBaseline = "middle";
    c.lineWidth = 1;
    const marks = ticks(range, 5);
    const style = tickStyle(marks);
    c.textAlign = "right";
    for (const v of marks) {
      const py = Math.round(y(v)) + 0.5;
      if (py < TOP || py > bottom) continue;
      c.strokeStyle = ink.line;
      c.beginPath();
      c.moveTo(LEFT, py);
      c.lineTo(right, py);
      c.stroke();
      c.fillStyle = ink["ink-3"];
      c.fillText(write(v, style), LEFT - 8, py);
    }
    c.textAlign = "center";
    const times = timeTicks(end, Math.max(2, Math.floor((right - LEFT) / 110)));
    for (const t of times) c.fillText(timeLabel(t, times[1] ?? 1), x(t), h - 10);

    c.save();
    c.beginPath();
    c.rect(LEFT - 4, TOP - 8, right - LEFT + 8, bottom - TOP + 12);
    c.clip();
    places = [];
    for (const d of data.dots) {
      const far = y(d.value);
      if (Number.isNaN(far)) continue;
      const p = { x: x(d.t), y: Math.min(bottom, Math.max(TOP - 4, far)), dot: d };
      places.push(p);
      c.fillStyle = d.state === "completed" ? ink["ink-3"] : ink.stopped;
      c.globalAlpha = d.state === "completed" ? 0.75 : 0.5;
      // What lies outside is a tick at the edge where it left.
      if (p.y !== far) c.fillRect(p.x - 0.5, far > bottom ? bottom - 1 : TOP - 8, 1, 5);
      else if (data.dots.length > ROUND) c.fillRect(p.x - 1.25, p.y - 1.25, 2.5, 2.5);
      else {
        c.beginPath();
        c.arc(p.x, p.y, 1.7, 0, 7);
        c.fill();
      }
    }
    c.globalAlpha = 1;
    c.strokeStyle = ink.accent;
    c.lineWidth = 2;
    c.beginPath();
    data.corners.forEach((k, i) => {
      const px = x(k.t);
      const py = Math.min(bottom + 20, Math.max(TOP - 20, y(k.value)));
      if (i === 0) c.moveTo(px, py);
      else c.lineTo(px, py);
      c.lineTo(x(data.corners[i + 1]?.t ?? end), py);
    });
    c.stroke();
    if (near) {
      const p = places.find((q) => q.dot === near);
      if (p) {
        c.strokeStyle = ink.ink;
        c.lineWidth = 1.5;
        c.beginPath();
        c.arc(p.x, p.y, 4.5, 0, 7);
        c.stroke();
      }
    }
    c.restore();

    const last = data.corners.at(-1);
    if (last) {
      c.fillStyle = ink.accent;
      c.textAlign = "left";
      c.font = "600 11.5px 'Inter Variable', system-ui, sans-serif";
      c.fillText(data.label ?? alone(last.value), right + 8, Math.min(bottom, Math.max(TOP, y(last.value))));
    }
  }

  later();
  return {
    update(next) {
      data = next;
      later();
    },
    destroy() {
      cancelAnimationFrame(frame);
      observer.disconnect();
      untheme();
      canvas.remove();
    },
  };
}
