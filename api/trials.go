package api

import (
	"context"
	"strconv"
	"strings"

	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials"
)

// ListTrials answers GET /api/v1/sweeps/{sweep}/trials.
func (s *Server) ListTrials(ctx context.Context, r wire.ListTrialsRequestObject) (wire.ListTrialsResponseObject, error) {
	sw, err := s.sweep(ctx, r.Sweep)
	if err != nil {
		return nil, err
	}
	p := r.Params
	q := trials.TrialQuery{Limit: limit(p.Limit, 500), Page: p.Page, After: p.After}
	if q.Filter, err = terms(p.Filter); err != nil {
		return nil, err
	}
	if q.Sort, err = orders(p.Sort, sw.Spec.Objective.Goal); err != nil {
		return nil, err
	}
	out, err := s.page(ctx, sw, q, p.Columns)
	return wire.ListTrials200JSONResponse(out), err
}

// page reads one page of trials as columns.
func (s *Server) page(ctx context.Context, sw *trials.Sweep, q trials.TrialQuery, asked string) (wire.TrialColumns, error) {
	page, err := s.Reader.Trials(ctx, sw.No, q)
	if err != nil {
		return wire.TrialColumns{}, err
	}
	branch, err := s.branches(ctx, sw)
	if err != nil {
		return wire.TrialColumns{}, err
	}
	out, err := columns(asked, page.Trials, branch)
	out.Total, out.Matched, out.Next, out.Seq = int64(page.Total), int64(page.Matched), page.Next, page.Seq
	return out, err
}

// branches gives the names of a sweep's branches by their numbers.
func (s *Server) branches(ctx context.Context, sw *trials.Sweep) (map[int64]string, error) {
	_, bs, err := s.stages.get(ctx, s.Reader, sw)
	return branchNames(bs), err
}

func branchNames(bs []trials.Branch) map[int64]string {
	out := make(map[int64]string, len(bs))
	for _, b := range bs {
		out[b.No] = b.Name
	}
	return out
}

// GetTrial answers GET /api/v1/sweeps/{sweep}/trials/{number}.
func (s *Server) GetTrial(ctx context.Context, r wire.GetTrialRequestObject) (wire.GetTrialResponseObject, error) {
	sw, t, as, err := s.trial(ctx, r.Sweep, r.Number)
	if err != nil {
		return nil, err
	}
	branch, err := s.branches(ctx, sw)
	if err != nil {
		return nil, err
	}
	return wire.GetTrial200JSONResponse(wire.FromTrial(*t, branch[t.Branch], as)), nil
}

func (s *Server) trial(ctx context.Context, id string, number int64) (*trials.Sweep, *trials.Trial, []trials.Attempt, error) {
	sw, err := s.sweep(ctx, id)
	if err != nil {
		return nil, nil, nil, err
	}
	t, as, err := s.Reader.Trial(ctx, sw.No, int(number))
	return sw, t, as, err
}

// GetFile answers GET /api/v1/sweeps/{sweep}/trials/{number}/files/{name}.
func (s *Server) GetFile(ctx context.Context, r wire.GetFileRequestObject) (wire.GetFileResponseObject, error) {
	_, t, _, err := s.trial(ctx, r.Sweep, r.Number)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range t.Files {
		if f.Name == r.Name {
			o, err := s.Blobs.Open(ctx, trials.PredictionKey(trials.Ref{Trial: t.No, Attempt: t.Attempts}, f.Name))
			if err != nil {
				return nil, err
			}
			return wire.GetFile200ApplicationOctetStreamResponse{Body: o, ContentLength: o.Info().Size}, nil
		}
		names = append(names, f.Name)
	}
	return nil, fault.NotFoundf("trial %d has no file %s", t.Number, r.Name).Fix("%s", fault.DidYouMean(r.Name, names))
}

// maxCurves is how many trials one request may ask curves of.
const maxCurves = 100

// GetCurves answers GET /api/v1/sweeps/{sweep}/curves.
func (s *Server) GetCurves(ctx context.Context, r wire.GetCurvesRequestObject) (wire.GetCurvesResponseObject, error) {
	sw, err := s.sweep(ctx, r.Sweep)
	if err != nil {
		return nil, err
	}
	var numbers []int
	for _, text := range strings.Split(r.Params.Trials, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 1 {
			return nil, fault.Invalidf("%q is no trial number", text).At("query parameter trials")
		}
		numbers = append(numbers, n)
	}
	if len(numbers) > maxCurves {
		return nil, fault.Invalidf("curves of %d trials were asked for, at most %d are given at once", len(numbers), maxCurves).At("query parameter trials")
	}
	out, err := s.curves(ctx, sw, numbers, limit(r.Params.Points, 400))
	return wire.GetCurves200JSONResponse(out), err
}

// curves are the readings of some trials, each thinned to about points.
func (s *Server) curves(ctx context.Context, sw *trials.Sweep, numbers []int, points int) (wire.Curves, error) {
	out := wire.Curves{Metric: sw.Spec.Objective.Metric, Curves: []wire.Curve{}}
	rs, err := s.Reader.Readings(ctx, sw.No, numbers, points)
	if err != nil {
		return out, err
	}
	at := map[int]int{}
	for _, r := range rs {
		i, ok := at[r.Number]
		if !ok {
			i = len(out.Curves)
			at[r.Number] = i
			out.Curves = append(out.Curves, wire.Curve{Trial: int64(r.Number), Attempt: int64(r.Attempt)})
		}
		c := &out.Curves[i]
		c.Steps = append(c.Steps, r.Step)
		c.Resources = append(c.Resources, int64(r.Ordinal))
		c.Values = append(c.Values, wire.Num(r.Value))
	}
	return out, nil
}

// GetLog answers GET /api/v1/sweeps/{sweep}/trials/{number}/log.
func (s *Server) GetLog(ctx context.Context, r wire.GetLogRequestObject) (wire.GetLogResponseObject, error) {
	_, t, as, err := s.trial(ctx, r.Sweep, r.Number)
	if err != nil {
		return nil, err
	}
	attempt := int(r.Params.Attempt)
	if attempt == 0 {
		attempt = t.Attempts
	}
	if attempt > t.Attempts {
		return nil, fault.NotFoundf("trial %d has %d attempts, not %d", t.Number, t.Attempts, attempt)
	}
	final := false
	for _, a := range as {
		if a.Number == attempt {
			final = a.State == trials.AttemptEnded // its worker settles it after its output
		}
	}
	part, err := s.Output.Read(ctx, trials.Ref{Trial: t.No, Attempt: attempt}, r.Params.Offset, limit(r.Params.Limit, 256<<10), seconds(r.Params.Wait), final)
	if err != nil {
		return nil, err
	}
	return wire.GetLog200TextResponse{
		Body:    string(part.Bytes),
		Headers: wire.GetLog200ResponseHeaders{LogOffset: part.Offset, LogSize: part.Size, LogEnded: part.Ended},
	}, nil
}
