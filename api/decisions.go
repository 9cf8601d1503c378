package api

import (
	"context"

	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/trials"
)

// ListDecisions answers GET /api/v1/sweeps/{sweep}/decisions.
func (s *Server) ListDecisions(ctx context.Context, r wire.ListDecisionsRequestObject) (wire.ListDecisionsResponseObject, error) {
	sw, err := s.sweep(ctx, r.Sweep)
	if err != nil {
		return nil, err
	}
	ds, more, err := decisions(ctx, s.Reader, sw.No, int(r.Params.Trial), r.Params.After, limit(r.Params.Limit, 200))
	out := wire.ListDecisions200JSONResponse{Decisions: []wire.Decision{}, More: more}
	for _, d := range ds {
		out.Decisions = append(out.Decisions, wire.FromDecision(d))
	}
	return out, err
}

// maxDecisions is what the reader gives at once.
const maxDecisions = 10000

// decisions reads about n entries after a change number and tells whether there
// are more. The entries of one number come together, whatever n is, so that the
// last one's number is where the next page begins.
func decisions(ctx context.Context, r Reader, sweep int64, number int, after int64, n int) ([]trials.Decision, bool, error) {
	for {
		n = min(n, maxDecisions-1)
		ds, err := r.Decisions(ctx, sweep, number, after, n+1)
		if err != nil || len(ds) <= n {
			return ds, false, err
		}
		end := len(ds) - 1
		for end > 0 && ds[end-1].Seq == ds[len(ds)-1].Seq {
			end--
		}
		if end > 0 {
			return ds[:end], true, nil
		}
		if n == maxDecisions-1 { // one change alone has as many
			return ds, true, nil
		}
		n *= 2
	}
}
