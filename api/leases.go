package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math"
	"time"

	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/ensemble"
	"github.com/sweepd/sweepd/internal/auth"
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/internal/preds"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
)

// ClaimLeases answers POST /api/v1/leases/claim.
func (s *Server) ClaimLeases(ctx context.Context, r wire.ClaimLeasesRequestObject) (wire.ClaimLeasesResponseObject, error) {
	out, err := s.Scheduler.Claim(ctx, wire.ToClaim(*r.Body))
	return wire.ClaimLeases200JSONResponse(wire.FromClaimed(out)), err
}

// BeatLeases answers POST /api/v1/leases/beat.
func (s *Server) BeatLeases(ctx context.Context, r wire.BeatLeasesRequestObject) (wire.BeatLeasesResponseObject, error) {
	out, err := s.Scheduler.Beat(ctx, wire.ToBeat(*r.Body))
	return wire.BeatLeases200JSONResponse(wire.FromBeaten(out)), err
}

// SettleLeases answers POST /api/v1/leases/settle.
func (s *Server) SettleLeases(ctx context.Context, r wire.SettleLeasesRequestObject) (wire.SettleLeasesResponseObject, error) {
	out, err := s.Scheduler.Settle(ctx, "", wire.ToSettlements(r.Body.Settle))
	return wire.SettleLeases200JSONResponse{Settled: wire.FromSettled(out)}, err
}

// PutLogChunk answers PUT /api/v1/leases/{trial}/{attempt}/log/{chunk}.
func (s *Server) PutLogChunk(ctx context.Context, r wire.PutLogChunkRequestObject) (wire.PutLogChunkResponseObject, error) {
	ref := trials.Ref{Trial: r.Trial, Attempt: int(r.Attempt)}
	if err := own(ctx, ref); err != nil {
		return nil, err
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, tooLarge(err)
	}
	return wire.PutLogChunk204Response{}, s.Output.Put(ref, r.Params.Offset, b, r.Params.Last)
}

// PutPrediction answers PUT /api/v1/leases/{trial}/{attempt}/predictions/{name}:
// the file is read and checked before it is kept.
func (s *Server) PutPrediction(ctx context.Context, r wire.PutPredictionRequestObject) (wire.PutPredictionResponseObject, error) {
	ref := trials.Ref{Trial: r.Trial, Attempt: int(r.Attempt)}
	if err := own(ctx, ref); err != nil {
		return nil, err
	}
	f, err := spool(r.Body)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	set, err := preds.Read(r.Name, f, info.Size(), preds.Limits{})
	if err != nil {
		return nil, err
	}
	if err := s.fitsEnsembles(ctx, set); err != nil {
		return nil, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	if err := s.held(ctx); err != nil {
		return nil, err
	}
	sum := sha256.New()
	if _, err := s.Blobs.Put(ctx, trials.PredictionKey(ref, r.Name), io.TeeReader(f, sum)); err != nil {
		return nil, err
	}
	return wire.PutPrediction200JSONResponse(wire.FromPrediction(trials.Prediction{
		Split: set.Split, Name: r.Name, Digest: hex.EncodeToString(sum.Sum(nil)), Size: info.Size(), Rows: set.Rows, Cols: set.Cols,
	})), nil
}

// held is fault.Stale when the attempt whose token this is has ended: what it
// left was named, with its digest, when it was settled. A batch of nothing is
// fenced as any other.
func (s *Server) held(ctx context.Context) error {
	p := Principal(ctx)
	if p.Role != auth.Attempt {
		return nil
	}
	by := tracking.Author{Owner: trials.Owner(p.Claims.Trial), Attempt: p.Claims.Attempt}
	return s.Tracking(by).LogBatch(ctx, p.Claims.Run, tracking.Batch{})
}

// fitsEnsembles checks predictions as the ensembles of the attempt's sweep will
// read them, so that whoever wrote them hears of it now and not when all trials
// have run.
func (s *Server) fitsEnsembles(ctx context.Context, set *preds.Set) error {
	p := Principal(ctx)
	if p.Role != auth.Attempt {
		return nil
	}
	c, err := s.Reader.Changes(ctx, p.Claims.Sweep, math.MaxInt64, 1) // the sweep alone
	if err != nil {
		return err
	}
	for _, st := range c.Sweep.Spec.Stages {
		e := st.Ensemble
		if e != nil && (e.Split == set.Split || e.Score == set.Split) && ensemble.Loss(e.Metric).Classifies() {
			return set.CheckProbabilities()
		}
	}
	return nil
}

// ListWorkers answers GET /api/v1/workers.
func (s *Server) ListWorkers(ctx context.Context, _ wire.ListWorkersRequestObject) (wire.ListWorkersResponseObject, error) {
	ws, err := s.Reader.Workers(ctx)
	out := wire.ListWorkers200JSONResponse{Workers: []wire.Worker{}}
	for _, w := range ws {
		out.Workers = append(out.Workers, wire.FromWorker(w))
	}
	return out, err
}

// HelloWorker answers PUT /api/v1/workers/{worker}/hello.
func (s *Server) HelloWorker(ctx context.Context, r wire.HelloWorkerRequestObject) (wire.HelloWorkerResponseObject, error) {
	w := wire.ToWorker(*r.Body)
	if w.ID != r.Worker {
		return nil, fault.Invalidf("the body is of worker %s, the path names %s", w.ID, r.Worker).At("/id")
	}
	terms, err := s.Scheduler.Hello(ctx, w)
	return wire.HelloWorker200JSONResponse(wire.FromTerms(terms)), err
}

// DrainWorker answers PUT /api/v1/workers/{worker}/drain.
func (s *Server) DrainWorker(ctx context.Context, r wire.DrainWorkerRequestObject) (wire.DrainWorkerResponseObject, error) {
	return wire.DrainWorker204Response{}, s.Scheduler.Drain(ctx, r.Worker, r.Body.Drain)
}

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }
