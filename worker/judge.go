package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/internal/pyjson"
	"github.com/sweepd/sweepd/trials"
)

// judge makes the outcome of how the processes ended.
func (a *attempt) judge(j *job, e end) trials.Outcome {
	var out trials.Outcome
	if e.exit != nil {
		out.Seconds = e.exit.Seconds
		out.Peaks = trials.Peaks{RSS: e.exit.RSS, CPUSeconds: e.exit.CPU}
	}
	switch {
	case e.killed == killedFence:
		out.Verdict = trials.Lost
		out.Failure = &trials.Failure{Class: trials.ClassLost, OwnKill: true, Message: "no server renewed the lease; the worker killed the trial before it ended"}
		return out
	case e.exit == nil:
		out.Verdict = trials.Lost
		out.Failure = &trials.Failure{Class: trials.ClassLost, Message: errLost.Error()}
		return out
	}
	result, err := readResult(j.result)
	out.Result = result
	switch {
	case e.asked != "":
		out.Verdict = e.asked
	case e.exit.Code == 0 && e.exit.Signal == 0 && e.killed == "" && !e.exit.OverLimit && err == nil:
		out.Verdict = trials.Succeeded
	default:
		out.Verdict = trials.VerdictFailed
		out.Failure = classify(evidence{
			exit: e.exit, timeout: e.killed == killedTimeout, tail: tailOf(j.plan.Output, evidenceSize), memory: a.lease.Task.Resources.Memory,
			bases: []string{a.dir, j.code, a.lease.Task.Workdir.Path}, program: first(j.plan.Argv),
		})
		if err != nil && out.Failure.ExitCode != nil && *out.Failure.ExitCode == 0 {
			out.Failure.Message, out.Failure.Line = err.Error(), ""
		}
		if e.killed == killedTimeout {
			out.Failure.Message = fmt.Sprintf("the trial took longer than its timeout of %v", a.lease.Task.Timeout)
		}
	}
	return out
}

func first(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}

// readResult reads the result file: one JSON object of numbers, NaN and the
// infinities bare or as strings. No file is no result.
func readResult(path string) (map[string]float64, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	wrong := func(err error) error {
		return fault.Invalidf(`the result file is not an object of numbers like {"val_loss": 0.25}`).Coded("bad_result").Because(err).
			Fix(`NaN and infinities are the strings "NaN", "Infinity", "-Infinity"`)
	}
	var values map[string]any
	if err := json.Unmarshal(pyjson.Quoted(text), &values); err != nil {
		return nil, wrong(err)
	}
	out := map[string]float64{}
	for name, v := range values {
		switch v := v.(type) {
		case float64:
			out[name] = v
		case string:
			n, ok := map[string]float64{"NaN": math.NaN(), "Infinity": math.Inf(1), "-Infinity": math.Inf(-1)}[v]
			if !ok {
				return nil, wrong(fmt.Errorf("%s is %q", name, v))
			}
			out[name] = n
		default:
			return nil, wrong(fmt.Errorf("%s is %v", name, v))
		}
	}
	return out, nil
}

// predictions uploads the prediction files that the attempt left in the
// predictions folder of its directory. One that is refused is said in the
// trial's output and fails nothing.
func (a *attempt) predictions(ctx context.Context) []trials.Prediction {
	dir := filepath.Join(a.dir, "predictions")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var out []trials.Prediction
	for _, e := range entries {
		if !isPrediction(e.Name()) || e.IsDir() {
			continue
		}
		var p trials.Prediction
		err := persist(ctx, func(int) (err error) { p, err = a.upload(ctx, filepath.Join(dir, e.Name())); return err })
		switch {
		case stale(err):
			return nil
		case err != nil:
			a.note(fmt.Sprintf("the prediction file %s was refused: %v", e.Name(), err))
		default:
			out = append(out, p)
		}
	}
	return out
}

// isPrediction tells whether a name is {oof|val|test}[.anything].{npy|npz|csv}.
func isPrediction(name string) bool {
	split, rest, ok := strings.Cut(name, ".")
	return ok && slices.Contains([]string{"oof", "val", "test"}, split) &&
		slices.Contains([]string{".npy", ".npz", ".csv"}, filepath.Ext("."+rest))
}

func (a *attempt) upload(ctx context.Context, path string) (trials.Prediction, error) {
	f, err := os.Open(path)
	if err != nil {
		return trials.Prediction{}, fault.Invalidf("open it").Because(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return trials.Prediction{}, fault.Invalidf("%s is no regular file", filepath.Base(path)).Because(err)
	}
	return a.w.cfg.Files.PutPrediction(ctx, a.lease.Token, a.lease.Ref, filepath.Base(path), f, info.Size())
}
