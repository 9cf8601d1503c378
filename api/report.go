package api

import (
	"context"

	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/internal/auth"
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
)

// Report answers POST /api/v1/report: metrics from inside a trial become points
// of its run, and the answer says whether the trial should stop.
func (s *Server) Report(ctx context.Context, r wire.ReportRequestObject) (wire.ReportResponseObject, error) {
	p := Principal(ctx)
	if p.Role != auth.Attempt {
		return nil, fault.Deniedf("a report needs the token of its attempt").Coded(auth.CodeForbidden).Fix("it is in SWEEPD_TOKEN inside a trial")
	}
	ref := trials.Ref{Trial: p.Claims.Trial, Attempt: p.Claims.Attempt}
	log := s.Tracking(tracking.Author{Owner: trials.Owner(ref.Trial), Attempt: ref.Attempt})
	points, err := s.points(ctx, log, p.Claims.Run, r.Body.Points)
	if err != nil {
		return nil, err
	}
	for len(points) > 0 {
		n := min(len(points), tracking.MaxBatchMetrics)
		if err := log.LogBatch(ctx, p.Claims.Run, tracking.Batch{Metrics: points[:n]}); err != nil {
			return nil, err
		}
		points = points[n:]
	}
	stop, why := s.Scheduler.Stopping(ref)
	return wire.Report200JSONResponse{Stop: stop, Reason: why}, nil
}

// points flattens a report. A point without a step takes the one after the last
// step of the run.
func (s *Server) points(ctx context.Context, log tracking.API, run string, ps []wire.ReportPoint) ([]tracking.Metric, error) {
	var out []tracking.Metric
	next := int64(-1)
	now := s.Now().UnixMilli()
	for _, p := range ps {
		m := tracking.Metric{Time: now}
		if p.Timestamp != nil {
			m.Time = *p.Timestamp
		}
		if p.Step != nil {
			m.Step = *p.Step
			next = max(next, m.Step+1)
		} else {
			if next < 0 {
				r, err := log.Run(ctx, run)
				if err != nil {
					return nil, err
				}
				next = 1
				for _, last := range r.Metrics {
					next = max(next, last.Step+1)
				}
			}
			m.Step = next
			next++
		}
		for k, v := range p.Metrics {
			m.Key, m.Value = k, float64(v)
			out = append(out, m)
		}
	}
	return out, nil
}
