// Numbers that are not finite travel as "NaN", "Infinity" and "-Infinity".

/** Reads a number of the API; undefined when there is none. */
export function num(v: unknown): number | undefined {
  if (typeof v === "number") return v;
  if (v === "NaN") return NaN;
  if (v === "Infinity") return Infinity;
  if (v === "-Infinity") return -Infinity;
  return undefined;
}

/** Tells whether a value of the API is a number in either spelling. */
export const isNumber = (v: unknown): boolean => num(v) !== undefined;
