package wire

import (
	"strconv"

	"github.com/sweepd/sweepd/trials"
)

// FromTrial is a trial with its attempts on the wire; branch is the name of its
// branch.
func FromTrial(t trials.Trial, branch string, as []trials.Attempt) Trial {
	out := Trial{
		Number: int64(t.Number), ID: t.UserID, Name: t.Name, State: TrialState(t.State), Reason: t.Reason, Stage: t.StageName, Branch: branch,
		By: t.By, Note: t.Note, Params: params(t.Params()), Value: maybe(t.Value), Best: maybe(t.Best), BestStep: t.BestStep, Last: maybe(t.Last),
		Resource: int64(t.Resource), Run: t.Run, Seed: strconv.FormatUint(t.Seed, 10), Failure: FromFailure(t.Failure),
		Files: FromPredictions(t.Files), Seconds: t.Seconds, Created: t.Created, Started: t.Started, Ended: t.Ended, Seq: t.Seq,
		Attempts: filled(each(as, fromAttempt)),
	}
	if t.Effective != nil {
		out.Proposed = params(t.Point)
	}
	return out
}

func fromAttempt(a trials.Attempt) Attempt {
	return Attempt{
		Number: int64(a.Number), State: AttemptState(a.State), Verdict: string(a.Verdict), Worker: a.Worker, Devices: a.Devices, Params: a.Effective,
		StopReason: a.StopReason, Failure: FromFailure(a.Failure), Peaks: fromPeaks(a.Peaks), Queued: a.Queued, Claimed: a.Claimed,
		Started: a.Started, Ended: a.Ended,
	}
}

// FromFailure is a failure on the wire; nil is the zero Failure, which is left out.
func FromFailure(f *trials.Failure) Failure {
	if f == nil {
		return Failure{}
	}
	out := Failure{
		Class: string(f.Class), Message: f.Message, Fingerprint: f.Fingerprint, Signal: f.Signal, KernelOom: f.KernelOOM, OwnKill: f.OwnKill,
		Exception: f.Exception, Line: f.Line, MetricsSeen: f.Seen,
	}
	if f.ExitCode != nil {
		code := int64(*f.ExitCode)
		out.ExitCode = &code
	}
	return out
}

// ToFailure undoes FromFailure.
func ToFailure(f Failure) *trials.Failure {
	if f.Class == "" {
		return nil
	}
	out := &trials.Failure{
		Class: trials.Class(f.Class), Message: f.Message, Fingerprint: f.Fingerprint, Signal: f.Signal, KernelOOM: f.KernelOom, OwnKill: f.OwnKill,
		Exception: f.Exception, Line: f.Line, Seen: f.MetricsSeen,
	}
	if f.ExitCode != nil {
		code := int(*f.ExitCode)
		out.ExitCode = &code
	}
	return out
}

// FromPredictions are prediction files on the wire.
func FromPredictions(ps []trials.Prediction) []Prediction { return each(ps, FromPrediction) }

// FromPrediction is one prediction file on the wire.
func FromPrediction(p trials.Prediction) Prediction {
	return Prediction{Split: p.Split, Name: p.Name, Digest: p.Digest, Size: p.Size, Rows: int64(p.Rows), Cols: int64(p.Cols)}
}

// ToPrediction undoes FromPrediction.
func ToPrediction(p Prediction) trials.Prediction {
	return trials.Prediction{Split: p.Split, Name: p.Name, Digest: p.Digest, Size: p.Size, Rows: int(p.Rows), Cols: int(p.Cols)}
}

func toPredictions(ps []Prediction) []trials.Prediction { return each(ps, ToPrediction) }

func fromPeaks(p trials.Peaks) Peaks {
	return Peaks{Rss: p.RSS, GpuMemory: p.GPUMemory, CPUSeconds: p.CPUSeconds}
}

func toPeaks(p Peaks) trials.Peaks {
	return trials.Peaks{RSS: p.Rss, GPUMemory: p.GpuMemory, CPUSeconds: p.CPUSeconds}
}

func maybe(v *float64) MaybeNumber {
	if v == nil {
		return nil
	}
	n := Num(*v)
	return &n
}
