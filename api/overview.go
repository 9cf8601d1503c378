package api

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// The most marks an overview carries.
const (
	maxDots    = 2000
	maxCorners = 400
	sparkline  = 40 // points of a curve beside a row
)

// GetOverview answers GET /api/v1/sweeps/{sweep}/overview.
func (s *Server) GetOverview(ctx context.Context, r wire.GetOverviewRequestObject) (wire.GetOverviewResponseObject, error) {
	sw, err := s.sweep(ctx, r.Sweep)
	if err != nil {
		return nil, err
	}
	o, err := s.overview(ctx, sw, limit(r.Params.Top, 14))
	return wire.GetOverview200JSONResponse(o), err
}

// overview is the first screen of a sweep; the one made last is given again
// while nothing has changed.
func (s *Server) overview(ctx context.Context, sw *trials.Sweep, top int) (wire.Overview, error) {
	sm := s.summaries.get(sw.No)
	sm.mu.Lock()
	defer sm.mu.Unlock()
	if err := sm.update(ctx, s.Reader, sw); err != nil {
		return wire.Overview{}, err
	}
	now := &sm.last.Sweep
	if sm.pageTop != top || sm.page.Seq != sm.seq {
		page, err := s.makeOverview(ctx, sm, top)
		if err != nil {
			return page, err
		}
		sm.page, sm.pageTop = page, top
	}
	out := sm.page
	if !now.Started.IsZero() {
		end := s.Now()
		if !now.Ended.IsZero() {
			end = now.Ended
		}
		out.Now = end.Sub(now.Started).Seconds()
	}
	return out, nil
}

func (s *Server) makeOverview(ctx context.Context, sm *summary, top int) (wire.Overview, error) {
	sw := &sm.last.Sweep
	out := wire.Overview{Seq: sm.seq, BestSoFar: sm.wireCorners(), Dots: sm.wireDots(), Rungs: sm.wireRungs(), Saved: sm.saved(sw.Spec)}
	var err error
	if out.Sweep, err = wire.FromSweep(*sw, sm.last.Stages, sm.last.Branches, false); err != nil {
		return out, err
	}
	if out.Ensembles, err = s.ensembles(ctx, sw.No); err != nil {
		return out, err
	}
	if err := s.topRows(ctx, sm.last, top, &out); err != nil {
		return out, err
	}
	out.Sentence = sentence(sw, out.Ensembles)
	out.Facts = facts(sw, out.Saved)
	return out, nil
}

// topRows adds the head of the leaderboard with its curves.
func (s *Server) topRows(ctx context.Context, c *scheduler.Changes, top int, out *wire.Overview) error {
	sw := &c.Sweep
	order, err := orders(rank, sw.Spec.Objective.Goal)
	if err != nil {
		return err
	}
	page, err := s.Reader.Trials(ctx, sw.No, trials.TrialQuery{Sort: order, Limit: top})
	if err != nil {
		return err
	}
	if out.Top, err = columns(changeColumns, page.Trials, branchNames(c.Branches)); err != nil {
		return err
	}
	out.Top.Total, out.Top.Matched, out.Top.Seq = int64(page.Total), int64(page.Matched), page.Seq
	var numbers []int
	for i := range page.Trials {
		numbers = append(numbers, page.Trials[i].Number)
		if sw.Best != nil && page.Trials[i].Number == sw.Best.Trial {
			out.Sweep.Best.Params = page.Trials[i].Params()
		}
	}
	if len(numbers) > 0 {
		out.Curves, err = s.curves(ctx, sw, numbers[:min(len(numbers), maxCurves)], sparkline)
	}
	return err
}

// wireCorners is the best value over time; of too many corners the newest.
func (sm *summary) wireCorners() []wire.Corner {
	out := []wire.Corner{}
	for _, c := range sm.corners[max(0, len(sm.corners)-maxCorners):] {
		out = append(out, wire.Corner{T: sm.since(c.at), Value: wire.Num(c.value), Trial: int64(c.trial)})
	}
	return out
}

// wireDots are the results that are shown, by time.
func (sm *summary) wireDots() []wire.Dot {
	out := make([]wire.Dot, 0, len(sm.dots))
	for n, d := range sm.dots {
		out = append(out, wire.Dot{T: sm.since(d.at), Value: wire.Num(d.value), Trial: int64(n), State: wire.TrialState(d.state)})
	}
	slices.SortFunc(out, func(a, b wire.Dot) int { return cmp.Or(cmp.Compare(a.T, b.T), cmp.Compare(a.Trial, b.Trial)) })
	return out
}

// since is a time in seconds after the sweep's start, to the millisecond: no
// page shows more.
func (sm *summary) since(t time.Time) float64 {
	return t.Sub(sm.last.Sweep.Started).Round(time.Millisecond).Seconds()
}

// saved adds up what trials that were stopped early did not run. A trial would
// have run to its rule's max, or as far as the longest completed one of its
// stage.
func (sm *summary) saved(sp *spec.Spec) wire.Saved {
	out := wire.Saved{Unit: "reports"}
	for name, c := range sm.stages {
		st := sp.Stage(name)
		if st == nil || st.EarlyStop == nil {
			continue
		}
		if u := st.EarlyStop.Resource; u != "" {
			out.Unit = u
		}
		full := st.EarlyStop.Max
		for resource, n := range c.completed {
			out.Of += float64(resource * n)
			if st.EarlyStop.Max == 0 {
				full = max(full, float64(resource))
			}
		}
		for resource, n := range c.stopped {
			rest := max(0, full-float64(resource))
			out.Resource += rest * float64(n)
			out.Of += (rest + float64(resource)) * float64(n)
		}
	}
	return out
}

func (sm *summary) wireRungs() []wire.Rung {
	out := []wire.Rung{}
	names := map[int64][2]string{}
	for _, b := range sm.last.Branches {
		names[b.No] = [2]string{b.StageName, b.Name}
	}
	for k, r := range sm.rungs {
		w := wire.Rung{
			Stage: names[k.branch][0], Branch: names[k.branch][1], Group: k.group, Resource: k.resource,
			Reached: int64(r.reached), Promoted: int64(r.promoted),
		}
		if r.reached > 1 {
			cut := wire.Num(sm.last.Sweep.Spec.Objective.Goal.Value(r.cut))
			w.Cut = &cut
		}
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b wire.Rung) int {
		return cmp.Or(cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.Branch, b.Branch), cmp.Compare(a.Group, b.Group), cmp.Compare(a.Resource, b.Resource))
	})
	return out
}
