import { expect, test } from "vitest";
import { Trials } from "../src/pages/sweep/trials";
import { readState } from "../src/pages/sweep/state";
import { describe as column, every, parameters, score, titleOf, usual } from "../src/pages/sweep/columns";
import { order } from "../src/pages/sweep/order";

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
  expect(usual(rows, ["params.a", "params.c"], true)).toEqual(["number", "state", "value", "rungs", "curve", "params.a", "params.c", "seconds"]);
  expect(every(columns).map((id) => titleOf(id, "val_loss"))).toEqual(["Trial", "State", "a", "b", "c", "Rungs", "Curve"]);
  expect(usual([], [], false)).toEqual(["number", "state", "value", "curve", "seconds"]);
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

test("the order has what is missing last in both directions, and ties by number", () => {
  const rows = [
    { number: 5, state: "completed", value: 2 },
    { number: 2, state: "failed", value: NaN },
    { number: 3, state: "completed", value: 1 },
    { number: 1, state: "completed", value: 2 },
    { number: 4, state: "queued" },
  ] as const;
  const numbers = (sort: string) => order(rows as unknown as Parameters<typeof order>[0], sort).map((r) => r.number);
  expect(numbers("value")).toEqual([3, 1, 5, 2, 4]);
  expect(numbers("-value")).toEqual([1, 5, 3, 2, 4]);
  expect(numbers("state")).toEqual([1, 3, 5, 2, 4]);
  expect(numbers("nothing")).toEqual([1, 2, 3, 4, 5]);
});

test("a column looks the same as long as it writes the same", () => {
  const rows = [{ number: 1, state: "completed", "params.lr": 0.1 }, { number: 2, state: "completed", "params.lr": 0.2 }] as const;
  const more = [...rows, { number: 3, state: "completed", "params.lr": 0.15 }] as const;
  const c = (r: unknown) => column("params.lr", r as Parameters<typeof column>[1], "loss");
  expect(c(more).looks).toBe(c(rows).looks);
  expect(c(rows)).toMatchObject({ title: "lr", right: true });
  expect(column("params.x", [{ number: 1, state: "queued", "params.x": "adam" }] as never, "loss")).toMatchObject({ right: false });
});
