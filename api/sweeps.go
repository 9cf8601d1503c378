package api

import (
	"context"

	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/trials"
)

// ListSweeps answers GET /api/v1/sweeps.
func (s *Server) ListSweeps(ctx context.Context, r wire.ListSweepsRequestObject) (wire.ListSweepsResponseObject, error) {
	q := trials.SweepQuery{State: trials.SweepState(r.Params.State), Name: r.Params.Name, Limit: limit(r.Params.Limit, 100), Page: r.Params.Page}
	list, next, err := s.Reader.Sweeps(ctx, q)
	if err != nil {
		return nil, err
	}
	out := wire.ListSweeps200JSONResponse{Sweeps: []wire.Sweep{}, Next: next}
	for _, sw := range list {
		w, err := s.wireSweep(ctx, &sw, false)
		if err != nil {
			return nil, err
		}
		out.Sweeps = append(out.Sweeps, w)
	}
	return out, nil
}

// GetSweep answers GET /api/v1/sweeps/{sweep}.
func (s *Server) GetSweep(ctx context.Context, r wire.GetSweepRequestObject) (wire.GetSweepResponseObject, error) {
	sw, err := s.sweep(ctx, r.Sweep)
	if err != nil {
		return nil, err
	}
	w, err := s.wireSweep(ctx, sw, true)
	if err == nil && sw.Best != nil {
		var t *trials.Trial
		if t, _, err = s.Reader.Trial(ctx, sw.No, sw.Best.Trial); err == nil {
			w.Best.Params = t.Params()
		}
	}
	return wire.GetSweep200JSONResponse(w), err
}

// EditSweep answers PATCH /api/v1/sweeps/{sweep}.
func (s *Server) EditSweep(ctx context.Context, r wire.EditSweepRequestObject) (wire.EditSweepResponseObject, error) {
	w, err := s.command(ctx, r.Sweep, scheduler.Command{
		Kind: scheduler.CommandEdit, Priority: asInt(r.Body.Priority), Parallel: asInt(r.Body.Parallel),
	})
	return wire.EditSweep200JSONResponse(w), err
}

// PauseSweep answers POST /api/v1/sweeps/{sweep}/pause.
func (s *Server) PauseSweep(ctx context.Context, r wire.PauseSweepRequestObject) (wire.PauseSweepResponseObject, error) {
	w, err := s.command(ctx, r.Sweep, order(scheduler.CommandPause, r.Body))
	return wire.PauseSweep200JSONResponse(w), err
}

// ResumeSweep answers POST /api/v1/sweeps/{sweep}/resume.
func (s *Server) ResumeSweep(ctx context.Context, r wire.ResumeSweepRequestObject) (wire.ResumeSweepResponseObject, error) {
	w, err := s.command(ctx, r.Sweep, order(scheduler.CommandResume, r.Body))
	return wire.ResumeSweep200JSONResponse(w), err
}

// CancelSweep answers POST /api/v1/sweeps/{sweep}/cancel.
func (s *Server) CancelSweep(ctx context.Context, r wire.CancelSweepRequestObject) (wire.CancelSweepResponseObject, error) {
	w, err := s.command(ctx, r.Sweep, order(scheduler.CommandCancel, r.Body))
	return wire.CancelSweep200JSONResponse(w), err
}

// RetrySweep answers POST /api/v1/sweeps/{sweep}/retry.
func (s *Server) RetrySweep(ctx context.Context, r wire.RetrySweepRequestObject) (wire.RetrySweepResponseObject, error) {
	w, err := s.command(ctx, r.Sweep, order(scheduler.CommandRetry, r.Body))
	return wire.RetrySweep200JSONResponse(w), err
}

func (s *Server) command(ctx context.Context, id string, c scheduler.Command) (wire.Sweep, error) {
	sw, err := s.sweep(ctx, id)
	if err != nil {
		return wire.Sweep{}, err
	}
	c.Actor = actor(ctx)
	sw, err = s.Scheduler.Command(ctx, sw.No, c)
	if err != nil {
		return wire.Sweep{}, err
	}
	return s.wireSweep(ctx, sw, false)
}

// order is a command with the reason and the trials that a body may name.
func order(kind scheduler.CommandKind, body *wire.Order) scheduler.Command {
	c := scheduler.Command{Kind: kind}
	if body != nil {
		c.Why = body.Why
		for _, n := range body.Trials {
			c.Trials = append(c.Trials, int(n))
		}
	}
	return c
}

func (s *Server) wireSweep(ctx context.Context, sw *trials.Sweep, whole bool) (wire.Sweep, error) {
	stages, branches, err := s.stages.get(ctx, s.Reader, sw)
	if err != nil {
		return wire.Sweep{}, err
	}
	return wire.FromSweep(*sw, stages, branches, whole)
}

func limit(n int64, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return int(n)
}

func asInt(n *int64) *int {
	if n == nil {
		return nil
	}
	v := int(*n)
	return &v
}
