import { describe, expect, test } from "vitest";
import { ago, alone, bytes, count, duration, score, styleOf, tickStyle, timeStyleOf, value, write } from "../src/plot/format";

test("counts have thin spaces from five digits on, and a true minus", () => {
  expect([0, 999, 1000, 12034, 1234567, -12034].map(count)).toEqual(["0", "999", "1000", "12\u2009034", "1\u2009234\u2009567", "\u221212\u2009034"]);
});

describe("a column's style", () => {
  test("shows the differences between neighbours", () => {
    const values = [0.95171, 0.95174, 0.95179];
    const style = styleOf(values);
    expect(new Set(values.map((v) => write(v, style))).size).toBe(3);
  });
  test("is whole for whole numbers, exponents for learning rates", () => {
    expect(styleOf([1, 2, 300])).toEqual({ kind: "integer" });
    expect([1.5e-3, 3e-5, 2e-1].map((v) => write(v, styleOf([1.5e-3, 3e-5, 2e-1])))).toEqual(["1.5e\u22123", "3.0e\u22125", "2.0e\u22121"]);
  });
  test("is no exponent for one small value among many", () => {
    const dropout = Array.from({ length: 50 }, (_, i) => 0.0026 + i / 100);
    expect(dropout.slice(0, 2).map((v) => write(v, styleOf(dropout)))).toEqual(["0.003", "0.013"]);
    const narrowed = [9e-4, 2.9e-3, 5.5e-3];
    expect(narrowed.map((v) => write(v, styleOf(narrowed)))).toEqual(["9.0e\u22124", "2.9e\u22123", "5.5e\u22123"]);
  });
  test("does not mind what is not finite, nor nothing at all", () => {
    expect(styleOf([NaN, Infinity, 0.25, 0.5])).toEqual(styleOf([0.25, 0.5]));
    expect(styleOf([])).toEqual({ kind: "fixed", decimals: 2 });
    expect(styleOf([0.5])).toEqual({ kind: "fixed", decimals: 3 });
    expect(styleOf([0])).toEqual({ kind: "integer" });
  });
});

test("numbers that are none are words", () => {
  expect([NaN, Infinity, -Infinity, undefined].map(alone)).toEqual(["not a number", "infinite", "\u2212infinite", "–"]);
  expect(value(null)).toBe("–");
  expect(value(false)).toBe("false");
  expect([0.001, 0.1, 0.25, 1e-4, 1.65e-4, 100, 1000, 2.5].map(value)).toEqual(["0.001", "0.1", "0.25", "1e\u22124", "1.65e\u22124", "100", "1000", "2.5"]);
  expect(value({ a: 1 })).toBe('{"a":1}');
});

test("durations have two units at most and never sixty minutes", () => {
  expect([0, 0.85, 12.44, 59.96, 60, 185, 3599, 3600, 7800, 86399, 100800].map(duration)).toEqual([
    "0 ms",
    "850 ms",
    "12.4 s",
    "1 min",
    "1 min",
    "3 min 5 s",
    "59 min 59 s",
    "1 h",
    "2 h 10 min",
    "24 h",
    "1 d 4 h",
  ]);
  expect(duration(undefined)).toBe("–");
});

test("a column of durations has one unit", () => {
  expect([0, 0.5, 1, 30, 599, 3600, 86400].map((s) => timeStyleOf(s).unit)).toEqual(["ms", "ms", "s", "s", "s", "min", "h"]);
});

test("a score is written as in the sentence above it", () => {
  expect([0.0820016, 0.5, -1.25, 0, 12.3, 1e-4, NaN].map(score)).toEqual(["0.0820", "0.5000", "\u22121.2500", "0.0000", "12.3000", "1.00e\u22124", "not a number"]);
});

test("ago and bytes", () => {
  const now = Date.parse("2026-11-24T12:00:00Z");
  expect(["2026-11-24T11:59:58Z", "2026-11-24T11:48:00Z", "2026-11-22T11:48:00Z", undefined].map((t) => ago(t, now))).toEqual(["just now", "12 min ago", "2 d ago", "–"]);
  expect([undefined, 512, 1536, 1.5 * 1024 ** 3].map(bytes)).toEqual(["–", "512 B", "1.5 KiB", "1.5 GiB"]);
});

test("an axis has the decimals of its step", () => {
  const labels = (marks: number[]) => marks.map((v) => write(v, tickStyle(marks)));
  expect(labels([0.5, 1, 1.5])).toEqual(["0.5", "1.0", "1.5"]);
  expect(labels([0, 20, 40])).toEqual(["0", "20", "40"]);
  expect(labels([0.05, 0.1])).toEqual(["0.05", "0.10"]);
  expect(labels([0.45, 0.475, 0.5])).toEqual(["0.450", "0.475", "0.500"]);
  expect(labels([])).toEqual([]);
});
