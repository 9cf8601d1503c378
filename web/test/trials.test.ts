import { expect, test } from "vitest";
import { Trials } from "../src/pages/sweep/trials";
import { readState } from "../src/pages/sweep/state";
import { makeColumns, parameters, score, usual } from "../src/pages/sweep/columns";

const page = (columns: string[], rows: unknown[][], seq: number, total = rows.length) => ({
  columns,
  rows: rows.length,
  values: columns.map((_, c) => rows.map((r) => r[c])),
  total,
  matched: total,
  seq,
});

test("answers merge by number, keep other columns, and read numbers in both spellings", () => {
  const t = new Trials();
  t.merge(page(["number", "state", "value", "params.lr"], [[1, "running", null, 0.1], [2, "running", null, 0.2]], 5));
  t.merge(page(["number", "state", "value"], [[2, "failed", "NaN"], [3, "queued", "Infinity"]], 7, 3));
  const { rows, columns, total, seq } = t.view();
  expect(columns).toEqual(["number", "state", "value", "params.lr"]);
  expect(rows.map((r) => [r.number, r.state, r.value, r["params.lr"]])).toEqual([[1, "running", undefined, 0.1], [2, "failed", NaN, 0.2], [3, "queued", Infinity, undefined]]);
  expect([total, seq]).toEqual([3, 7]);
});

test("the view is one object until something changes", () => {
  const t = new Trials();
  let told = 0;
  const stop = t.subscribe(() => told++);
  const before = t.view();
  expect(t.view()).toBe(before);
  t.merge(page(["number", "state"], [[1, "queued"]], 1));
  expect(t.view()).not.toBe(before);
  stop();
  t.merge(page(["number", "state"], [[2, "queued"]], 2));
  expect(told).toBe(1);
});

test("parameters that never differ are folded away, conditional ones are kept", () => {
  const t = new Trials();
  t.merge(page(["number", "state", "params.a", "params.b", "params.c"], [[1, "completed", 1, 7, null], [2, "completed", 2, 7, "x"]], 1));
  const { rows, columns } = t.view();
  expect(parameters(rows, columns)).toEqual({ varying: ["params.a", "params.c"], constant: [{ id: "params.b", value: "7" }] });
  expect(usual(rows, columns, true)).toEqual(["number", "state", "value", "rungs", "curve", "params.a", "params.c", "seconds"]);
  expect(makeColumns(rows, columns, "val_loss").map((c) => c.title)).toContain("c");
});

test("a row without a value scores by its best reading; NaN scores nothing", () => {
  expect(score({ number: 1, state: "running", best: 0.5 })).toBe(0.5);
  expect(score({ number: 1, state: "completed", best: 0.5, value: 0.6 })).toBe(0.6);
  expect(score({ number: 1, state: "failed", value: NaN })).toBeUndefined();
});

test("what makes no sense in an address is dropped", () => {
  expect(readState({ sort: "-value", f: "lr<1", t: "12", y: "log", cols: "number,state" })).toEqual({ sort: "-value", f: "lr<1", t: 12, y: "log", cols: "number,state" });
  expect(readState({ sort: {}, t: -1, y: "cubic", other: 1 })).toEqual({});
});
