// Scales and ticks. Pure functions, no drawing.

export type Range = readonly [low: number, high: number];

/** The range of finite values, undefined when there is none. */
export function extent(values: Iterable<number>): Range | undefined {
  let low = Infinity;
  let high = -Infinity;
  for (const v of values) {
    if (!Number.isFinite(v)) continue;
    if (v < low) low = v;
    if (v > high) high = v;
  }
  return low <= high ? [low, high] : undefined;
}

/** A range a little wider on both sides; a single value gets room as well. */
export function padded([low, high]: Range, share = 0.06): Range {
  const room = (high - low || Math.abs(high) || 1) * share;
  return [low - room, high + room];
}

/** Maps a domain onto pixels, linearly. */
export function linear([d0, d1]: Range, [p0, p1]: Range): (v: number) => number {
  const k = (p1 - p0) / (d1 - d0 || 1);
  return (v) => p0 + (v - d0) * k;
}

/** Round numbers within a range, about n of them, 1-2-5 apart. */
export function ticks([low, high]: Range, n: number): number[] {
  const span = high - low;
  if (!(span > 0) || n < 1) return Number.isFinite(low) ? [low] : [];
  const rough = span / n;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((m) => m * power >= rough * 0.999)! * power;
  const out: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) out.push(i === 0 ? 0 : i * step);
  return out;
}

/** Ticks of a time axis in seconds: round in seconds, minutes, hours or days. */
export function timeTicks(high: number, n: number): number[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800];
  const step = steps.find((s) => high / s <= n) ?? Math.ceil(high / n / 604800) * 604800;
  const out: number[] = [];
  for (let t = 0; t <= high; t += step) out.push(t);
  return out;
}

/** A tick of a time axis as text, in the largest unit that divides its step. */
export function timeLabel(t: number, step: number): string {
  if (t === 0) return "0";
  if (step % 86400 === 0) return `${t / 86400} d`;
  if (step % 3600 === 0) return `${t / 3600} h`;
  if (step % 60 === 0) return `${t / 60} min`;
  return `${+t.toFixed(1)} s`;
}
