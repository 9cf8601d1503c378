import { expect, test } from "vitest";
import { shown } from "../src/plot/bestSoFar";
import { extent, linear, padded, ticks, timeLabel, timeTicks } from "../src/plot/scale";
import { sparkPath } from "../src/plot/spark";

test("an extent is of finite values only", () => {
  expect(extent([NaN, 2, Infinity, -1, -Infinity])).toEqual([-1, 2]);
  expect(extent([NaN])).toBeUndefined();
  expect(extent([])).toBeUndefined();
});

test("a single value gets room on both sides", () => {
  const [low, high] = padded([0.5, 0.5]);
  expect(low).toBeLessThan(0.5);
  expect(high).toBeGreaterThan(0.5);
  expect(padded([0, 0])[1]).toBeGreaterThan(0);
});

test("ticks are round, within the range, and about as many as asked for", () => {
  expect(ticks([0.861, 0.952], 5)).toEqual([0.88, 0.9, 0.92, 0.94].map((v) => expect.closeTo(v, 12)));
  expect(ticks([-1, 1], 4)).toEqual([-1, -0.5, 0, 0.5, 1]);
  for (const [low, high] of [[1e-9, 3e-9], [0, 1e9], [-7, 123.4], [0.1, 0.1000001]] as const) {
    const t = ticks([low, high], 5);
    expect(t.length).toBeGreaterThanOrEqual(2);
    expect(t.length).toBeLessThanOrEqual(8);
    expect(Math.min(...t)).toBeGreaterThanOrEqual(low - 1e-12 * Math.abs(low));
    expect(Math.max(...t)).toBeLessThanOrEqual(high + 1e-9 * Math.abs(high));
  }
  expect(ticks([1, 1], 5)).toEqual([1]);
});

test("a linear scale maps ends to ends, and an empty domain to its start", () => {
  const f = linear([10, 20], [0, 100]);
  expect([10, 15, 20].map(f)).toEqual([0, 50, 100]);
  expect(linear([3, 3], [7, 9])(3)).toBe(7);
});

test("time ticks are round in their unit", () => {
  expect(timeTicks(30 * 3600, 6).map((t) => timeLabel(t, 6 * 3600))).toEqual(["0", "6 h", "12 h", "18 h", "24 h", "30 h"]);
  expect(timeTicks(200, 5).map((t) => timeLabel(t, 60))).toEqual(["0", "1 min", "2 min", "3 min"]);
  expect(timeTicks(140, 5).map((t) => timeLabel(t, 30))).toEqual(["0", "30 s", "60 s", "90 s", "120 s"]);
  expect(timeTicks(1e9, 5).length).toBeLessThanOrEqual(7);
});

test("the best-so-far chart has room for the best third, whether or not they were stopped", () => {
  const dots = Array.from({ length: 30 }, (_, i) => ({ t: i, value: 0.5 + i / 100, trial: i, state: i > 27 ? "completed" : "stopped" }));
  const [low] = shown({ corners: [{ t: 29, value: 0.79, trial: 29 }], dots, now: 30, goal: "maximize", log: false })!;
  expect(dots.filter((d) => d.value >= low).length).toBeGreaterThanOrEqual(10);
  expect(low).toBeGreaterThan(0.6);
});

test("the best-so-far chart keeps the last corner and leaves the worst results outside", () => {
  const dots = [0.1, 0.11, 0.12, 0.13, 0.14, 0.15, 0.16, 0.17, 0.18, 500].map((value, i) => ({ t: i, value, trial: i, state: "completed" }));
  const data = { corners: [{ t: 0, value: 500, trial: 9 }, { t: 5, value: 0.1, trial: 0 }], dots, now: 10, goal: "minimize" as const, log: false };
  const [low, high] = shown(data)!;
  expect(low).toBeLessThan(0.1);
  expect(high).toBeLessThan(1);
  expect(shown({ ...data, corners: [], dots: [] })).toBeUndefined();
  expect(shown({ ...data, dots: dots.map((d) => ({ ...d, value: NaN })), corners: [] })).toBeUndefined();
});

test("a sparkline lifts the pen where a value is not finite", () => {
  expect(sparkPath([1, 2, NaN, 3], 88, 16).match(/M/g)).toHaveLength(2);
  expect(sparkPath([1, 1], 88, 16)).toMatch(/^M1\.0 8\.0L87\.0 8\.0$/);
  expect(sparkPath([], 88, 16)).toBe("");
});
