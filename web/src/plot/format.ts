// Numbers, durations and times as text. Pure; a true minus, thin spaces in
// thousands, missing is an en dash, what is not finite is a word.

const MINUS = "\u2212";
const THIN = "\u2009";
export const MISSING = "\u2013";

function special(v: number): string | undefined {
  if (Number.isNaN(v)) return "not a number";
  if (v === Infinity) return "infinite";
  if (v === -Infinity) return `${MINUS}infinite`;
  return undefined;
}

/** A whole number with thin spaces: 12 034. */
export function count(v: number): string {
  const digits = Math.abs(Math.round(v)).toString();
  const grouped = digits.length > 4 ? digits.replace(/\B(?=(\d{3})+$)/g, THIN) : digits;
  return v < 0 ? MINUS + grouped : grouped;
}

/** How one column writes its numbers: the same decimals in every row, so many
 * that neighbours differ. */
export type Style = { kind: "integer" } | { kind: "fixed"; decimals: number } | { kind: "exponent"; digits: number };

/** Chooses a style from the values of a column; non-finite ones do not count. */
export function styleOf(values: Iterable<number>): Style {
  let whole = true;
  let low = Infinity;
  let high = -Infinity;
  let seen = 0;
  const sizes: number[] = []; // of the first thousand and a sixteenth of the rest; nought has none
  for (const v of values) {
    if (!Number.isFinite(v)) continue;
    seen++;
    whole &&= Number.isInteger(v);
    low = Math.min(low, v);
    high = Math.max(high, v);
    if (v !== 0 && (seen <= 1000 || seen % 16 === 0)) sizes.push(Math.abs(v));
  }
  if (seen === 0) return { kind: "fixed", decimals: 2 };
  const sorted = Float64Array.from(sizes).sort(); // several times as fast as an array's sort
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (whole && size < 1e9) return { kind: "integer" };
  // A learning rate lies over orders of magnitude; one small dropout among many
  // does not make its column one, so a tenth at either end has no say.
  const small = sorted[Math.floor(0.1 * (sorted.length - 1))] ?? size;
  const large = sorted[Math.ceil(0.9 * (sorted.length - 1))] ?? size;
  if (size >= 1e6 || large < 1e-2 || (small < 1e-2 && large > 20 * small)) return { kind: "exponent", digits: 1 };
  // Enough decimals for half a hundredth of the spread, at least two, at most six.
  const spread = high - low || size;
  const decimals = Math.ceil(-Math.log10(spread / 200)) || 0;
  return { kind: "fixed", decimals: Math.min(6, Math.max(2, decimals)) };
}

/** How a column of durations writes them: all in one unit, so that they compare at a glance. */
export interface TimeStyle {
  unit: "ms" | "s" | "min" | "h";
  seconds: number; // of the unit
  decimals: number;
}

/** Chooses the unit from the longest duration, in seconds. */
export function timeStyleOf(longest: number): TimeStyle {
  if (longest < 1) return { unit: "ms", seconds: 1e-3, decimals: 0 };
  if (longest < 20) return { unit: "s", seconds: 1, decimals: 2 };
  if (longest < 600) return { unit: "s", seconds: 1, decimals: 1 };
  if (longest < 7200) return { unit: "min", seconds: 60, decimals: 1 };
  return { unit: "h", seconds: 3600, decimals: 2 };
}

/** The style of an axis: as many decimals as its step needs, and no more. */
export function tickStyle(marks: readonly number[]): Style {
  const step = marks.length > 1 ? Math.abs(marks[1]! - marks[0]!) : Math.abs(marks[0] ?? 1) || 1;
  const size = Math.max(...marks.map(Math.abs), 0);
  if (size >= 1e6 || size < 1e-4) return { kind: "exponent", digits: 1 };
  let decimals = 0;
  while (decimals < 8 && Math.abs(step * 10 ** decimals - Math.round(step * 10 ** decimals)) > 1e-6 * step * 10 ** decimals) decimals++;
  return { kind: "fixed", decimals };
}

/** Writes a number in a style. */
export function write(v: number | undefined, style: Style): string {
  if (v === undefined) return MISSING;
  const word = special(v);
  if (word !== undefined) return word;
  switch (style.kind) {
    case "integer":
      return count(v);
    case "fixed":
      return v.toFixed(style.decimals).replace("-", MINUS);
    case "exponent":
      return v === 0 ? "0" : v.toExponential(style.digits).replace("e+", "e").replaceAll("-", MINUS);
  }
}

/** Writes a number that stands alone: four significant digits. */
export function alone(v: number | undefined): string {
  if (v === undefined) return MISSING;
  const word = special(v);
  if (word !== undefined) return word;
  if (Number.isInteger(v) && Math.abs(v) < 1e9) return count(v);
  const size = Math.abs(v);
  if (size >= 1e6 || size < 1e-3) return write(v, { kind: "exponent", digits: 2 });
  return v.toPrecision(4).replace("-", MINUS);
}

/** Writes a score as the server's sentences do: four decimals, more digits when it is large or small. */
export function score(v: number | undefined): string {
  if (v === undefined || !Number.isFinite(v)) return alone(v);
  if (Math.abs(v) >= 1e4 || (v !== 0 && Math.abs(v) < 1e-3)) return alone(v);
  return v.toFixed(4).replace("-", MINUS);
}

/** Any value of a parameter as text. */
export function value(v: unknown): string {
  if (v === null || v === undefined) return MISSING;
  // Parameters are often round: 0.1 rather than 0.1000.
  if (typeof v === "number") return alone(v).replace(/(\.\d*?)0+(?=e|$)/, "$1").replace(/\.(?=e|$)/, "");
  if (typeof v === "boolean") return v ? "true" : "false";
  return typeof v === "string" ? v : JSON.stringify(v);
}

/** A length of time in at most two units: 850 ms, 12.4 s, 3 min 5 s, 2 h 10 min, 3 d 4 h. */
export function duration(seconds: number | undefined): string {
  if (seconds === undefined || !Number.isFinite(seconds)) return MISSING;
  const s = Math.max(0, seconds);
  if (s < 1) return `${Math.round(s * 1000)} ms`;
  if (s < 59.95) return `${s.toFixed(1)} s`;
  const units: [number, string][] = [
    [86400, "d"],
    [3600, "h"],
    [60, "min"],
    [1, "s"],
  ];
  const first = units.findIndex(([size]) => Math.round(s) >= size);
  const [big, bigName] = units[first]!;
  const [small, smallName] = units[first + 1]!;
  let n = Math.floor(Math.round(s) / big);
  let rest = Math.round((Math.round(s) - n * big) / small);
  if (rest * small >= big) {
    n++;
    rest = 0;
  }
  return rest ? `${n} ${bigName} ${rest} ${smallName}` : `${n} ${bigName}`;
}

/** How long ago a moment is: "just now", "12 min ago". now is in milliseconds. */
export function ago(at: string | undefined, now: number): string {
  if (!at) return MISSING;
  const s = (now - Date.parse(at)) / 1000;
  if (s < 5) return "just now";
  if (s < 60) return `${Math.floor(s)} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ago`;
  return `${Math.floor(s / 86400)} d ago`;
}

/** A moment in full, with its zone. */
export function moment(at: string | undefined): string {
  if (!at) return MISSING;
  return new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long", hour12: false });
}

/** A moment's time of day, in 24 hours. */
export function clock(at: string | number): string {
  return new Date(at).toLocaleTimeString(undefined, { hour12: false });
}

/** Bytes in binary units: 1.4 GiB. */
export function bytes(n: number | undefined): string {
  if (!n) return MISSING;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let i = 0;
  let v = n;
  for (; v >= 1024 && i < units.length - 1; i++) v /= 1024;
  return `${v >= 100 || i === 0 ? Math.round(v) : v.toFixed(1)} ${units[i]}`;
}
