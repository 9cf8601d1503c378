package api

import (
	"cmp"
	"context"
	"slices"

	"github.com/sweepd/sweepd/api/wire"
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
	sw, err := s.Reader.Sweep(ctx, r.Sweep)
	if err != nil {
		return nil, err
	}
	o, err := s.overview(ctx, sw, limit(r.Params.Top, 14))
	return wire.GetOverview200JSONResponse(o), err
}

func (s *Server) overview(ctx context.Context, sw *trials.Sweep, top int) (wire.Overview, error) {
	sm := s.summaries.get(sw.No)
	sm.mu.Lock()
	defer sm.mu.Unlock()
	if err := sm.update(ctx, s.Reader, sw.No); err != nil {
		return wire.Overview{}, err
	}
	c := sm.last
	sw = &c.Sweep
	out := wire.Overview{Seq: sm.seq, Rungs: sm.wireRungs()}
	var err error
	if out.Sweep, err = wire.FromSweep(*sw, c.Stages, c.Branches, false); err != nil {
		return out, err
	}
	if !sw.Started.IsZero() {
		end := s.Now()
		if !sw.Ended.IsZero() {
			end = sw.Ended
		}
		out.Now = end.Sub(sw.Started).Seconds()
	}
	out.BestSoFar, out.Dots = sm.history(sw.Spec)
	out.Saved = sm.saved(sw.Spec)
	if out.Ensembles, err = s.ensembles(ctx, sw.No); err != nil {
		return out, err
	}
	if err := s.topRows(ctx, sw, top, &out); err != nil {
		return out, err
	}
	out.Sentence = sentence(sw, out.Ensembles)
	out.Facts = facts(sw, out.Saved)
	return out, nil
}

// topRows adds the head of the leaderboard with its curves.
func (s *Server) topRows(ctx context.Context, sw *trials.Sweep, top int, out *wire.Overview) error {
	order, err := orders(rank, sw.Spec.Objective.Goal)
	if err != nil {
		return err
	}
	page, err := s.Reader.Trials(ctx, sw.No, trials.TrialQuery{Sort: order, Limit: top})
	if err != nil {
		return err
	}
	branch, err := s.branchNames(ctx, sw.No)
	if err != nil {
		return err
	}
	if out.Top, err = columns(changeColumns, page.Trials, branch); err != nil {
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

// history gives the best value over time, and every result as a dot. Both are
// cut to their caps: dots evenly, corners by leaving the oldest out first.
func (sm *summary) history(sp *spec.Spec) ([]wire.Corner, []wire.Dot) {
	corners, dots := []wire.Corner{}, []wire.Dot{}
	for n, r := range sm.rows {
		if v := r.result(); v != nil && r.ended >= 0 {
			dots = append(dots, wire.Dot{T: r.ended, Value: wire.Num(*v), Trial: int64(n), State: wire.TrialState(r.state)})
		}
	}
	slices.SortFunc(dots, func(a, b wire.Dot) int { return cmp.Or(cmp.Compare(a.T, b.T), cmp.Compare(a.Trial, b.Trial)) })
	for _, d := range dots {
		better := len(corners) == 0 || sp.Objective.Goal.Better(float64(d.Value), float64(corners[len(corners)-1].Value))
		if better && sm.rows[int(d.Trial)].value != nil {
			corners = append(corners, wire.Corner{T: d.T, Value: d.Value, Trial: d.Trial})
		}
	}
	if len(corners) > maxCorners {
		corners = corners[len(corners)-maxCorners:]
	}
	if step := (len(dots) + maxDots - 1) / maxDots; step > 1 {
		kept := dots[:0]
		for i := 0; i < len(dots); i += step {
			kept = append(kept, dots[i])
		}
		dots = kept
	}
	return corners, dots
}

// result is what a trial came to: its value, or for one stopped early its best
// reading.
func (r row) result() *float64 {
	if r.value != nil {
		return r.value
	}
	if r.state == trials.Stopped {
		return r.best
	}
	return nil
}

// saved adds up what trials that were stopped early did not run. A trial would
// have run as far as the longest completed one that it was ranked with, at most
// to its rule's max; to the max where none completed. So a model that reports
// once saves nothing by being stopped then.
func (sm *summary) saved(sp *spec.Spec) wire.Saved {
	type peers struct {
		branch int64
		group  string
	}
	longest := map[peers]int{}
	for n, r := range sm.rows {
		if r.state == trials.Completed {
			with := peers{r.branch, sm.groups[n]}
			longest[with] = max(longest[with], r.resource)
		}
	}
	out := wire.Saved{Unit: "reports"}
	for n, r := range sm.rows {
		st := sp.Stage(r.stage)
		if st == nil || st.EarlyStop == nil || (r.state != trials.Stopped && r.state != trials.Completed) {
			continue
		}
		if u := st.EarlyStop.Resource; u != "" {
			out.Unit = u
		}
		out.Of += float64(r.resource)
		if r.state == trials.Stopped {
			full := float64(longest[peers{r.branch, sm.groups[n]}])
			if limit := st.EarlyStop.Max; limit > 0 && (full == 0 || full > limit) {
				full = limit
			}
			if rest := full - float64(r.resource); rest > 0 {
				out.Resource += rest
				out.Of += rest
			}
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
