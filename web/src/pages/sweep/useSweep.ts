// Everything the page knows of one sweep: the overview, the trials, and whether
// both are live.
import { replaceEqualDeep, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { api, type Overview, take, type TrialColumns } from "../../api/client";
import { follow } from "../../live/follow";
import type { Status } from "../../live/stream";
import { Trials, type View } from "./trials";

const COLUMNS = "number,state,stage,branch,value,best,best_step,last,resource,seconds,attempts,by,reason,params.*";
const PAGE = 5_000;
/** The most trials a page holds; beyond it shows the best ones and says so. */
export const CAP = 20_000;
/** Changes are drawn at most this often, in milliseconds: a quarter of a second is live. */
const DRAW_EVERY = 250;
/** The overview is asked for again at most this often, in milliseconds. */
const OVERVIEW_EVERY = 1_500;

export interface Live {
  status: Status;
  retryIn?: number;
  /** When the last answer came, in milliseconds. */
  at: number;
}

export interface SweepData {
  overview?: Overview;
  trials: View;
  store: Trials;
  live: Live;
  error: unknown;
  retry: () => void;
}

export function useSweep(sweep: string): SweepData {
  const store = useMemo(() => new Trials(), [sweep]);
  const queries = useQueryClient();
  const lastAt = useRef(Date.now());
  const [live, setLive] = useState<Live>({ status: "connecting", at: lastAt.current });
  const [failure, setFailure] = useState<unknown>();

  const overview = useQuery({
    queryKey: ["overview", sweep],
    queryFn: async ({ signal }) => {
      const o = await take(api.GET("/api/v1/sweeps/{sweep}/overview", { params: { path: { sweep } }, signal }));
      store.merge(o.top);
      return o;
    },
    structuralSharing: (old, next) => shared(old as Overview | undefined, next as Overview),
  });
  // Changes wait here until they are drawn together.
  const waiting = useRef<TrialColumns[]>([]);
  const draw = useThrottled(() => store.mergeAll(waiting.current.splice(0)), DRAW_EVERY);
  const renew = useThrottled(() => void queries.invalidateQueries({ queryKey: ["overview", sweep] }), OVERVIEW_EVERY);

  // The first screen needs the overview alone; the rest of the trials comes after it.
  const arrived = overview.data !== undefined;
  const [tries, setTries] = useState(0);
  useEffect(() => {
    if (!arrived) return;
    let stop = () => {};
    const aborted = new AbortController();
    load(sweep, store, aborted.signal).then(
      (seq) => {
        if (aborted.signal.aborted) return;
        setFailure(undefined);
        stop = follow(sweep, seq, {
          changes: (page) => {
            if (page.trials) waiting.current.push(page.trials);
            lastAt.current = Date.now();
            draw();
            renew();
          },
          status: (status, retryIn) => {
            if (status === "live") lastAt.current = Date.now();
            setLive({ status, retryIn, at: lastAt.current });
            if (status === "ended") renew();
          },
        });
      },
      (error: unknown) => {
        if (!aborted.signal.aborted) setFailure(error);
      },
    );
    return () => {
      aborted.abort();
      stop();
    };
  }, [sweep, store, arrived, tries, draw, renew]);

  return {
    overview: overview.data,
    trials: useSyncExternalStore(store.subscribe, store.view),
    store,
    live,
    error: overview.error ?? failure,
    retry: () => {
      void overview.refetch();
      setTries((n) => n + 1);
    },
  };
}

/** Keeps what did not change the same object, so that it is not drawn again; the
 * long lists, which change with every result, are not worth the comparison. */
function shared(old: Overview | undefined, next: Overview): Overview {
  if (old === undefined) return next;
  const same = <K extends "sweep" | "sentence" | "facts" | "rungs" | "ensembles">(key: K): Overview[K] => replaceEqualDeep(old[key], next[key]);
  return { ...next, sweep: same("sweep"), sentence: same("sentence"), facts: same("facts"), rungs: same("rungs"), ensembles: same("ensembles") };
}

/** Loads all trials, page by page, best first; gives the change number to follow from. */
async function load(sweep: string, store: Trials, signal: AbortSignal): Promise<number> {
  let page: string | undefined;
  let seq: number | undefined;
  for (let have = 0; have < CAP; have += PAGE) {
    const answer = await take(
      api.GET("/api/v1/sweeps/{sweep}/trials", {
        params: { path: { sweep }, query: { columns: COLUMNS, limit: PAGE, page } },
        signal,
      }),
    );
    store.merge(answer);
    seq ??= answer.seq;
    page = answer.next;
    if (!page) break;
  }
  return seq ?? 0;
}

/** Calls f now, or when the last call is `every` ms old; not while the page is hidden. */
function useThrottled(f: () => void, every: number): () => void {
  const latest = useRef(f);
  latest.current = f;
  const state = useRef<{ last: number; timer?: ReturnType<typeof setTimeout>; missed: boolean }>({ last: 0, missed: false });
  useEffect(() => {
    const seen = () => {
      if (document.hidden || !state.current.missed) return;
      state.current.missed = false;
      latest.current();
    };
    document.addEventListener("visibilitychange", seen);
    return () => {
      document.removeEventListener("visibilitychange", seen);
      clearTimeout(state.current.timer);
      state.current.timer = undefined;
    };
  }, []);
  return useMemo(
    () => () => {
      const s = state.current;
      if (document.hidden) {
        s.missed = true;
        return;
      }
      s.timer ??= setTimeout(
        () => {
          s.timer = undefined;
          s.last = Date.now();
          latest.current();
        },
        Math.max(0, s.last + every - Date.now()),
      );
    },
    [every],
  );
}
