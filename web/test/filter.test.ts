import { expect, test } from "vitest";
import { matches, narrowest, parse } from "../src/pages/sweep/filter";
import type { Row } from "../src/pages/sweep/trials";

const columns = ["number", "state", "value", "reason", "params.lr", "params.family", "params.lr/warm"];
const row = (r: Partial<Row>): Row => ({ number: 1, state: "completed", ...r }) as Row;
const yes = (text: string, r: Partial<Row>) => matches(row(r), parse(text, columns).terms);

test("terms are joined by and; a bare name means the parameter", () => {
  expect(yes("state=completed, lr<1e-3", { "params.lr": 1e-4 })).toBe(true);
  expect(yes("state=completed, lr<1e-3", { "params.lr": 1e-3 })).toBe(false);
  expect(yes("lr<=1e-3", { "params.lr": 1e-3 })).toBe(true);
  expect(yes("params.family!=svm", { "params.family": "knn" })).toBe(true);
  expect(yes("reason~MEMORY", { reason: "out of memory" })).toBe(true);
  expect(yes("", {})).toBe(true);
});

test("a missing value meets only !=", () => {
  for (const op of ["=", "<", "<=", ">", ">=", "~"]) expect(yes(`lr${op}1`, {})).toBe(false);
  expect(yes("lr!=1", {})).toBe(true);
});

test("values that are not finite compare as they should", () => {
  expect(yes("value=NaN", { value: NaN })).toBe(true);
  expect(yes("value<1", { value: NaN })).toBe(false);
  expect(yes("value=Infinity", { value: Infinity })).toBe(true);
  expect(yes("value>1e300", { value: Infinity })).toBe(true);
});

test("what cannot be read is reported and the rest holds", () => {
  const f = parse("state=running, nonsense, nope=3", columns);
  expect(f.terms).toHaveLength(1);
  expect(f.error).toContain("nonsense");
  expect(parse("nope=3", columns).error).toContain("nope");
});

test("the narrowest term is the one to take away", () => {
  const rows = [row({ number: 1, value: 1 }), row({ number: 2, value: 2 }), row({ number: 3, value: 3, state: "failed" })];
  const { terms } = parse("state=running, value>0", columns);
  expect(narrowest(rows, terms)).toMatchObject({ term: { text: "state=running" }, without: 3 });
  expect(narrowest(rows, [])).toBeUndefined();
});
