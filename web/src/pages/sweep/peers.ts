// The trials that a trial is judged against: those of its stage and branch.
import { useQuery } from "@tanstack/react-query";
import { api, take, type Trial } from "../../api/client";
import { num } from "../../api/numbers";
import type { Peer } from "../../plot/curve";
import type { Row } from "./trials";

/** As many curves as still tell apart as a bundle. */
const MOST = 40;
const POINTS = 60;

/** Numbers of at most MOST peers that have a curve, spread evenly over the sweep. */
export function peersOf(rows: Iterable<Row>, trial: Trial): number[] {
  const all: number[] = [];
  for (const r of rows) {
    if (r.number !== trial.number && r.stage === trial.stage && (r.branch ?? "") === trial.branch && ((r.resource as number) ?? 0) > 1) all.push(r.number);
  }
  if (all.length <= MOST) return all;
  return Array.from({ length: MOST }, (_, i) => all[Math.floor((i * all.length) / MOST)]!);
}

/** The curves of some trials, in the order of their reports. */
export function usePeers(sweep: string, peers: readonly number[]): Peer[] {
  const trials = peers.join(",");
  const curves = useQuery({
    queryKey: ["peers", sweep, trials],
    queryFn: ({ signal }) => take(api.GET("/api/v1/sweeps/{sweep}/curves", { params: { path: { sweep }, query: { trials, points: POINTS } }, signal })),
    enabled: trials !== "",
    placeholderData: (last) => last,
    select: ({ curves }): Peer[] => curves.map((c) => ({ x: c.resources, y: c.values.map((v) => num(v) ?? NaN) })),
  });
  return curves.data ?? none;
}

const none: Peer[] = [];
