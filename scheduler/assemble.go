package scheduler

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/sweepd/sweepd/ensemble"
	"github.com/sweepd/sweepd/internal/blob"
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/internal/preds"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// Assembly builds ensembles from the prediction files that trials left in a
// blob store. It is an Assembler.
type Assembly struct {
	Blobs  blob.Store
	Limits preds.Limits
}

var _ Assembler = Assembly{}

// Build selects among the members that have a readable file of the stage's
// split, scores the choice once on the split to score, and says who was left
// out and why. It holds the matrices of one split at a time. That no member has
// predictions, or that targets are missing, is fault.Invalid.
func (a Assembly) Build(ctx context.Context, sweep trials.Sweep, st spec.Stage, members []trials.Trial) (trials.Ensemble, error) {
	e := st.Ensemble
	out := trials.Ensemble{Sweep: sweep.No, Stage: st.Name, Metric: e.Metric, Split: e.Split, Scores: map[string]float64{}}
	loss, err := ensemble.ParseLoss(e.Metric)
	if err != nil {
		return out, err
	}
	chosen, note, err := a.choose(ctx, sweep, st, loss, members, &out)
	if err != nil {
		return out, err
	}
	out.Note = note
	if e.Score != "" && e.Score != e.Split {
		if err := a.score(ctx, sweep, st, loss, members, chosen, &out); err != nil {
			if ctx.Err() != nil || !fault.Is(err, fault.Invalid) {
				return out, err
			}
			out.Note = join(out.Note, fmt.Sprintf("not scored on %s: %v", e.Score, err))
		}
	}
	return out, nil
}

// choose selects the members on the stage's split.
func (a Assembly) choose(ctx context.Context, sweep trials.Sweep, st spec.Stage, loss ensemble.Loss, members []trials.Trial, out *trials.Ensemble) (*ensemble.Ensemble, string, error) {
	targets, err := a.targets(ctx, sweep, st, st.Ensemble.Split)
	if err != nil {
		return nil, "", err
	}
	r := reader{a: a, targets: targets, loss: loss, split: st.Ensemble.Split}
	var candidates []ensemble.Candidate
	var firstFault error
	refused := 0
	for i := range members {
		p, err := r.read(ctx, &members[i])
		switch {
		case p == nil && err == nil:
			out.Missing++
		case fault.Is(err, fault.Invalid) || fault.Is(err, fault.NotFound):
			refused++
			if firstFault == nil {
				firstFault = fmt.Errorf("trial %d: %w", members[i].Number, err)
			}
		case err != nil:
			return nil, "", err
		default:
			candidates = append(candidates, ensemble.Candidate{Key: strconv.Itoa(members[i].Number), P: p})
		}
	}
	out.Considered = len(candidates)
	if len(candidates) == 0 {
		if firstFault != nil {
			return nil, "", fault.Invalidf("none of %d prediction files fits", refused).Coded("no_predictions").Because(firstFault)
		}
		return nil, "", fault.Invalidf("no trial of %d left predictions for the split %s", len(members), st.Ensemble.Split).
			Coded("no_predictions").Fix("let each trial write %s.npz, .npy or .csv into its working directory", st.Ensemble.Split)
	}
	got, err := ensemble.Select(ctx, loss, r.truth, candidates, st.Ensemble.Size)
	if err != nil {
		return nil, "", err
	}
	for _, m := range got.Members {
		out.Members = append(out.Members, trials.EnsembleMember{Trial: number(m.Key), Weight: m.Weight})
	}
	for _, s := range got.Path {
		out.Path = append(out.Path, trials.EnsembleStep{Trial: number(s.Key), Loss: s.Loss})
	}
	out.Scores[st.Ensemble.Split] = got.Loss
	out.Best = trials.EnsembleSingle{Trial: number(got.BestSingleKey), Scores: map[string]float64{st.Ensemble.Split: got.BestSingle}}
	note := ""
	if refused > 0 {
		note = fmt.Sprintf("%d prediction files left out, the first: %v", refused, firstFault)
	}
	return got, note, nil
}

// score computes the ensemble's and the best single's loss on rows that the
// choice has not seen.
func (a Assembly) score(ctx context.Context, sweep trials.Sweep, st spec.Stage, loss ensemble.Loss, members []trials.Trial, chosen *ensemble.Ensemble, out *trials.Ensemble) error {
	split := st.Ensemble.Score
	targets, err := a.targets(ctx, sweep, st, split)
	if err != nil {
		return err
	}
	r := reader{a: a, targets: targets, loss: loss, split: split}
	of := func(key string) ([]float64, error) {
		i := slices.IndexFunc(members, func(t trials.Trial) bool { return strconv.Itoa(t.Number) == key })
		p, err := r.read(ctx, &members[i])
		if err == nil && p == nil {
			err = fault.Invalidf("trial %s left no predictions for it", key).Coded("no_predictions")
		}
		return p, err
	}
	single, err := of(chosen.BestSingleKey) // read first: it decides the number of columns
	if err != nil {
		return err
	}
	got, err := ensemble.Score(loss, r.truth, chosen.Members, of)
	if err != nil {
		return err
	}
	out.Scores[split] = got
	out.Best.Scores[split], err = loss.Of(single, r.truth)
	return err
}

// reader reads the predictions of trials for one split, in the order of its
// targets. The first file decides how many columns there are.
type reader struct {
	a       Assembly
	targets *preds.Targets
	loss    ensemble.Loss
	split   string
	truth   ensemble.Truth
}

// read gives a trial's matrix; nil without an error when it left no file.
func (r *reader) read(ctx context.Context, t *trials.Trial) ([]float64, error) {
	i := slices.IndexFunc(t.Files, func(p trials.Prediction) bool { return p.Split == r.split })
	if i < 0 {
		return nil, nil
	}
	name := t.Files[i].Name
	data, err := r.a.bytes(ctx, trials.PredictionKey(trials.Ref{Trial: t.No, Attempt: t.Attempts}, name))
	if err != nil {
		return nil, err
	}
	set, err := preds.Read(name, bytes.NewReader(data), int64(len(data)), r.a.Limits)
	if err != nil {
		return nil, err
	}
	if set, err = set.Align(r.targets); err != nil {
		return nil, err
	}
	if r.truth.Cols == 0 {
		if err := r.decide(set.Cols); err != nil {
			return nil, err
		}
	}
	if set.Cols != r.truth.Cols {
		return nil, fault.Invalidf("%d columns, but the trials before it have %d", set.Cols, r.truth.Cols).At(name).Coded("shape")
	}
	return set.P, nil
}

func (r *reader) decide(cols int) error {
	var err error
	y := []float64(nil)
	if r.loss.Classifies() {
		y, err = r.targets.ClassIndices(cols)
	} else {
		y, err = r.targets.Values()
	}
	if err == nil {
		r.truth = ensemble.Truth{Y: y, Cols: cols}
	}
	return err
}

func (a Assembly) bytes(ctx context.Context, key string) ([]byte, error) {
	o, err := a.Blobs.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	most := a.most()
	if size := o.Info().Size; size > most {
		return nil, fault.Invalidf("%s has %d bytes, more than %d", key, size, most).Coded("too_large")
	}
	return io.ReadAll(o)
}

// most is how large a file may be, in bytes.
func (a Assembly) most() int64 {
	if a.Limits.Bytes > 0 {
		return a.Limits.Bytes
	}
	return 1 << 30
}

// targets reads the true values of a split: from the frozen code, which no one
// can have changed since, else from the directory of the sweep file.
func (a Assembly) targets(ctx context.Context, sweep trials.Sweep, st spec.Stage, split string) (*preds.Targets, error) {
	name := st.Ensemble.Targets[split]
	if name == "" {
		return nil, fault.Invalidf("ensemble.targets has no file for the split %s", split).
			Fix("it has %v", slices.Sorted(maps.Keys(st.Ensemble.Targets)))
	}
	data, err := a.sweepFile(ctx, sweep, st, name)
	if err != nil {
		return nil, err
	}
	return preds.ReadTargets(name, bytes.NewReader(data), int64(len(data)), a.Limits)
}

func number(key string) int {
	n, _ := strconv.Atoi(key) // made by Itoa above
	return n
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}
