package api

import (
	"context"
	"time"

	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/internal/auth"
)

// GetSystem answers GET /api/v1/system.
func (s *Server) GetSystem(ctx context.Context, _ wire.GetSystemRequestObject) (wire.GetSystemResponseObject, error) {
	out := wire.GetSystem200JSONResponse{Version: s.Version, Started: s.started, Database: wire.SystemDatabase(s.Database)}
	ws, err := s.Reader.Workers(ctx)
	if err != nil {
		return nil, err
	}
	for _, w := range ws {
		if s.Now().Sub(w.Seen) < workerFresh {
			out.Workers++
			out.Slots += int64(w.Slots)
			out.Busy += int64(len(w.Held))
		}
	}
	going, err := s.Reader.Marks(ctx)
	if err != nil {
		return nil, err
	}
	out.Sweeps = int64(len(going))
	if Principal(ctx).Role == auth.Admin {
		out.Dir = s.Dir
	}
	return out, nil
}

// workerFresh is how long after its last sign a worker counts as there.
const workerFresh = 2 * time.Minute

// ListEnsembles answers GET /api/v1/sweeps/{sweep}/ensembles.
func (s *Server) ListEnsembles(ctx context.Context, r wire.ListEnsemblesRequestObject) (wire.ListEnsemblesResponseObject, error) {
	sw, err := s.sweep(ctx, r.Sweep)
	if err != nil {
		return nil, err
	}
	es, err := s.ensembles(ctx, sw.No)
	return wire.ListEnsembles200JSONResponse{Ensembles: es}, err
}

func (s *Server) ensembles(ctx context.Context, sweep int64) ([]wire.Ensemble, error) {
	es, err := s.Reader.Ensembles(ctx, sweep)
	out := []wire.Ensemble{}
	for _, e := range es {
		out = append(out, wire.FromEnsemble(e))
	}
	return out, err
}
