import { extent, linear } from "./scale";

/** The SVG path of a sparkline of that size; values that are not finite leave a gap. */
export function sparkPath(values: readonly number[], width: number, height: number): string {
  const range = extent(values);
  if (range === undefined) return "";
  const x = linear([0, Math.max(1, values.length - 1)], [1, width - 1]);
  const y = linear(range[0] === range[1] ? [range[0] - 1, range[1] + 1] : range, [height - 2, 2]);
  let path = "";
  let pen = false;
  values.forEach((v, i) => {
    if (!Number.isFinite(v)) {
      pen = false;
      return;
    }
    path += `${pen ? "L" : "M"}${x(i).toFixed(1)} ${y(v).toFixed(1)}`;
    pen = true;
  });
  return path;
}
