import { expect, test } from "vitest";
import type { Changes } from "../src/api/client";
import { Hub } from "../src/live/hub";
import { type Listener, Stream, type Status, type World } from "../src/live/stream";

const page = (seq: number, more: Partial<Changes> = {}) => ({ seq, sweep: {}, ...more }) as Changes;

/** A world whose event sources and timers a test moves by hand. */
function world() {
  const sources: { url: string; closed: boolean; onopen?: () => void; onmessage?: (e: { data: string }) => void; onerror?: () => void }[] = [];
  const timers: { f: () => void; ms: number }[] = [];
  const polls: { url: string; answer: (page: Changes) => void; fail: () => void }[] = [];
  const w = {
    EventSource: class {
      closed = false;
      onopen?: () => void;
      onmessage?: (e: { data: string }) => void;
      onerror?: () => void;
      constructor(readonly url: string) {
        sources.push(this);
      }
      addEventListener() {}
      close() {
        this.closed = true;
      }
    },
    fetch: (url: string) =>
      new Promise((resolve, reject) => polls.push({ url, answer: (p) => resolve({ ok: true, json: async () => p }), fail: () => reject(new Error("down")) })),
    setTimeout: (f: () => void, ms: number) => timers.push({ f, ms }),
    clearTimeout: () => {},
  } as unknown as World;
  return { w, sources, timers, polls };
}

function listener() {
  const seen: number[] = [];
  const states: Status[] = [];
  const l: Listener = { changes: (p) => seen.push(p.seq), status: (s) => states.push(s) };
  return { l, seen, states };
}

const settled = () => new Promise((done) => setImmediate(done));

test("after a break the stream goes on behind the last page, with growing pauses", () => {
  const { w, sources, timers } = world();
  const { l, seen, states } = listener();
  new Stream("s1", 4, l, w);
  expect(sources[0]!.url).toBe("/api/v1/sweeps/s1/changes?after=4");
  sources[0]!.onopen!();
  sources[0]!.onmessage!({ data: JSON.stringify(page(9)) });
  sources[0]!.onmessage!({ data: JSON.stringify(page(9)) }); // twice the same
  sources[0]!.onerror!();
  expect(sources[0]!.closed).toBe(true);
  expect(timers[0]!.ms).toBe(1000);
  timers[0]!.f();
  expect(sources[1]!.url).toContain("after=9");
  sources[1]!.onmessage!({ data: JSON.stringify(page(12)) });
  expect(seen).toEqual([9, 12]);
  expect(states).toEqual(["connecting", "live", "lost"]);
});

test("where events do not get through, it polls", async () => {
  const { w, sources, timers, polls } = world();
  const { l, seen } = listener();
  new Stream("s1", 0, l, w);
  sources[0]!.onerror!();
  timers[0]!.f();
  sources[1]!.onerror!();
  timers[1]!.f();
  expect(polls[0]!.url).toContain("after=0&wait=25");
  polls[0]!.fail();
  await settled();
  expect(timers[2]!.ms).toBe(4000);
  timers[2]!.f();
  polls[1]!.answer(page(3));
  await settled();
  expect(seen).toEqual([3]);
  expect(sources[2]!.url).toContain("after=3"); // it works again: events first
});

test("the last page of a sweep ends the stream", () => {
  const { w, sources, timers } = world();
  const { l, states } = listener();
  new Stream("s1", 9, l, w);
  sources[0]!.onmessage!({ data: JSON.stringify(page(9, { ended: true })) });
  expect(states.at(-1)).toBe("ended");
  expect(sources[0]!.closed).toBe(true);
  expect(timers).toHaveLength(0);
});

/** Streams that a test feeds by hand. */
function hub() {
  const opened: { after: number; seq: number; closed: boolean; to: Listener; send: (seq: number) => void }[] = [];
  const h = new Hub((_sweep, after, to) => {
    const s = {
      after,
      seq: after,
      closed: false,
      to,
      send(seq: number) {
        s.seq = seq;
        to.changes(page(seq));
      },
      close() {
        s.closed = true;
      },
    };
    opened.push(s);
    return s;
  });
  return { h, opened };
}

test("tabs share one stream, which ends with the last of them", () => {
  const { h, opened } = hub();
  const a = listener();
  const b = listener();
  const leaveA = h.follow("s1", 0, a.l);
  const leaveB = h.follow("s1", 0, b.l);
  expect(opened).toHaveLength(1);
  opened[0]!.send(1);
  expect([a.seen, b.seen]).toEqual([[1], [1]]);
  leaveA();
  opened[0]!.send(2);
  expect([a.seen, b.seen]).toEqual([[1], [1, 2]]);
  leaveB();
  expect(opened[0]!.closed).toBe(true);
});

test("a tab that starts behind catches up on its own and then shares, missing nothing", () => {
  const { h, opened } = hub();
  const a = listener();
  const late = listener();
  h.follow("s1", 5, a.l);
  opened[0]!.send(8);
  const leave = h.follow("s1", 6, late.l);
  expect(opened).toHaveLength(2);
  opened[1]!.send(7);
  opened[0]!.send(9);
  opened[1]!.send(8);
  opened[1]!.send(9);
  expect(opened[1]!.closed).toBe(true);
  opened[0]!.send(10);
  expect(late.seen).toEqual([7, 8, 9, 10]);
  leave();
  opened[0]!.send(11);
  expect(late.seen.at(-1)).toBe(10);
  expect(opened[0]!.closed).toBe(false);
});
