import { expect, test } from "vitest";
import type { Trial } from "../src/api/client";
import { peersOf } from "../src/pages/sweep/peers";
import type { Row } from "../src/pages/sweep/trials";

const trial = { number: 1, stage: "refine", branch: "mlp" } as Trial;
const row = (number: number, more: Partial<Row> = {}): Row => ({ number, state: "stopped", stage: "refine", branch: "mlp", resource: 3, ...more });

test("peers are the trials of the same branch that have a curve", () => {
  const rows = [row(1), row(2), row(3, { branch: "knn" }), row(4, { stage: "explore" }), row(5, { resource: 1 }), row(6, { resource: undefined }), row(7)];
  expect(peersOf(rows, trial)).toEqual([2, 7]);
  expect(peersOf([row(2, { branch: undefined })], { ...trial, branch: "" })).toEqual([2]);
  expect(peersOf([], trial)).toEqual([]);
});

test("of many peers some are taken, from the first to the last of the sweep", () => {
  const peers = peersOf(Array.from({ length: 10_000 }, (_, i) => row(i + 2)), trial);
  expect(peers).toHaveLength(40);
  expect(new Set(peers).size).toBe(40);
  expect(peers[0]).toBe(2);
  expect(peers.at(-1)).toBeGreaterThan(9_700);
});
