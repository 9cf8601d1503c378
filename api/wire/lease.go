package wire

import (
	"strconv"
	"time"

	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// FromWorker is a worker on the wire.
func FromWorker(w trials.Worker) Worker {
	out := Worker{
		ID: w.ID, Host: w.Host, Pid: int64(w.PID), Version: w.Version, Slots: int64(w.Slots), CPU: w.CPU, Memory: w.Memory,
		Labels: w.Labels, Warm: w.Warm, Drain: w.Drain, Seen: w.Seen, Started: w.Started, Held: fromRefs(w.Held),
	}
	for _, d := range w.Devices {
		out.Devices = append(out.Devices, Device{UUID: d.UUID, Index: int64(d.Index), Name: d.Name, Memory: d.Memory})
	}
	return out
}

// ToWorker undoes FromWorker.
func ToWorker(w Worker) trials.Worker {
	out := trials.Worker{
		ID: w.ID, Host: w.Host, PID: int(w.Pid), Version: w.Version, Slots: int(w.Slots), CPU: w.CPU, Memory: w.Memory,
		Labels: w.Labels, Warm: w.Warm, Drain: w.Drain, Seen: w.Seen, Started: w.Started, Held: toRefs(w.Held),
	}
	for _, d := range w.Devices {
		out.Devices = append(out.Devices, trials.Device{UUID: d.UUID, Index: int(d.Index), Name: d.Name, Memory: d.Memory})
	}
	return out
}

// FromClaim is a claim on the wire.
func FromClaim(c trials.Claim) Claim {
	return Claim{
		Worker: c.Worker, ClaimID: c.ClaimID, Slots: int64(c.Slots), CPU: c.CPU, Memory: c.Memory, Devices: c.Devices,
		Labels: c.Labels, WaitMs: c.Wait.Milliseconds(), Settle: FromSettlements(c.Settle),
	}
}

// ToClaim undoes FromClaim.
func ToClaim(c Claim) trials.Claim {
	return trials.Claim{
		Worker: c.Worker, ClaimID: c.ClaimID, Slots: int(c.Slots), CPU: c.CPU, Memory: c.Memory, Devices: c.Devices,
		Labels: c.Labels, Wait: millis(c.WaitMs), Settle: ToSettlements(c.Settle),
	}
}

// FromClaimed is the answer to a claim on the wire.
func FromClaimed(c trials.Claimed) Claimed {
	out := Claimed{Drain: c.Drain, Settled: FromSettled(c.Settled)}
	for _, l := range c.Leases {
		out.Leases = append(out.Leases, FromLease(l))
	}
	return out
}

// ToClaimed undoes FromClaimed.
func ToClaimed(c Claimed) trials.Claimed {
	out := trials.Claimed{Drain: c.Drain, Settled: ToSettled(c.Settled)}
	for _, l := range c.Leases {
		out.Leases = append(out.Leases, ToLease(l))
	}
	return out
}

// FromLease is a lease on the wire.
func FromLease(l trials.Lease) Lease {
	return Lease{
		Trial: l.Trial, Attempt: int64(l.Attempt), SweepID: l.SweepID, Number: int64(l.Number), Token: l.Token, Run: l.Run,
		Experiment: l.Experiment, Devices: l.Devices, GoodMs: l.Good.Milliseconds(), Resume: l.Resume, Task: fromTask(l.Task),
	}
}

// ToLease undoes FromLease.
func ToLease(l Lease) trials.Lease {
	return trials.Lease{
		Ref: trials.Ref{Trial: l.Trial, Attempt: int(l.Attempt)}, SweepID: l.SweepID, Number: int(l.Number), Token: l.Token, Run: l.Run,
		Experiment: l.Experiment, Devices: l.Devices, Good: millis(l.GoodMs), Resume: l.Resume, Task: toTask(l.Task),
	}
}

func fromTask(t trials.Task) Task {
	return Task{
		Argv: t.Argv, Python: t.Python, Interpreter: t.Interpreter, Warm: t.Warm, Params: params(t.Params), Env: t.Env,
		Seed: strconv.FormatUint(t.Seed, 10), Code: t.Code, Workdir: t.Workdir.Path, InPlace: t.Workdir.InPlace, Data: t.Data,
		Objective: t.Objective, TimeoutMs: t.Timeout.Milliseconds(), CPU: t.Resources.CPU, Memory: t.Resources.Memory,
		Gpu: int64(t.Resources.GPU), StopSignal: t.Stop.Signal, StopCooperativeMs: t.Stop.Cooperative.Milliseconds(),
		StopTermMs: t.Stop.Term.Milliseconds(),
	}
}

func toTask(t Task) trials.Task {
	seed, _ := strconv.ParseUint(t.Seed, 10, 64) // the server wrote it
	return trials.Task{
		Argv: t.Argv, Python: t.Python, Interpreter: t.Interpreter, Warm: t.Warm, Params: t.Params, Env: t.Env,
		Seed: seed, Code: t.Code, Workdir: spec.Workdir{Path: t.Workdir, InPlace: t.InPlace}, Data: t.Data,
		Objective: t.Objective, Timeout: millis(t.TimeoutMs), Resources: spec.Resources{CPU: t.CPU, Memory: t.Memory, GPU: int(t.Gpu)},
		Stop: spec.StopLadder{Signal: t.StopSignal, Cooperative: millis(t.StopCooperativeMs), Term: millis(t.StopTermMs)},
	}
}

// FromSettlements are settlements on the wire.
func FromSettlements(ss []trials.Settlement) []Settlement {
	var out []Settlement
	for _, s := range ss {
		w := Settlement{
			Trial: s.Trial, Attempt: int64(s.Attempt), Verdict: SettlementVerdict(s.Outcome.Verdict), Failure: FromFailure(s.Outcome.Failure),
			Seconds: s.Outcome.Seconds, Peaks: fromPeaks(s.Outcome.Peaks), Predictions: FromPredictions(s.Outcome.Predictions),
		}
		for k, v := range s.Outcome.Result {
			if w.Result == nil {
				w.Result = map[string]Number{}
			}
			w.Result[k] = Num(v)
		}
		out = append(out, w)
	}
	return out
}

// ToSettlements undoes FromSettlements.
func ToSettlements(ss []Settlement) []trials.Settlement {
	var out []trials.Settlement
	for _, w := range ss {
		o := trials.Outcome{
			Verdict: trials.Verdict(w.Verdict), Failure: ToFailure(w.Failure), Seconds: w.Seconds, Peaks: toPeaks(w.Peaks),
			Predictions: toPredictions(w.Predictions),
		}
		for k, v := range w.Result {
			if o.Result == nil {
				o.Result = map[string]float64{}
			}
			o.Result[k] = float64(v)
		}
		out = append(out, trials.Settlement{Ref: trials.Ref{Trial: w.Trial, Attempt: int(w.Attempt)}, Outcome: o})
	}
	return out
}

// FromSettled are the answers to settlements on the wire.
func FromSettled(ss []trials.Settled) []Settled {
	return each(ss, func(s trials.Settled) Settled { return Settled(s) })
}

// ToSettled undoes FromSettled.
func ToSettled(ss []Settled) []trials.Settled {
	return each(ss, func(s Settled) trials.Settled { return trials.Settled(s) })
}

// FromBeat is a beat on the wire.
func FromBeat(b trials.Beat) Beat {
	out := Beat{Worker: b.Worker, Held: fromRefs(b.Held), WaitMs: b.Wait.Milliseconds()}
	for no, p := range b.Peaks {
		out.Peaks = append(out.Peaks, TrialPeaks{Trial: no, Peaks: fromPeaks(p)})
	}
	if out.Held == nil {
		out.Held = []Ref{}
	}
	return out
}

// ToBeat undoes FromBeat.
func ToBeat(b Beat) trials.Beat {
	out := trials.Beat{Worker: b.Worker, Held: toRefs(b.Held), Wait: millis(b.WaitMs)}
	for _, p := range b.Peaks {
		if out.Peaks == nil {
			out.Peaks = map[int64]trials.Peaks{}
		}
		out.Peaks[p.Trial] = toPeaks(p.Peaks)
	}
	return out
}

// FromBeaten is the answer to a beat on the wire.
func FromBeaten(b trials.Beaten) Beaten {
	return Beaten{Drain: b.Drain, Signals: filled(each(b.Signals, func(s trials.Signal) Signal {
		return Signal{
			Trial: s.Trial, Attempt: int64(s.Attempt), Stale: s.Stale, Stop: s.Stop, Cancel: s.Cancel, Reason: s.Reason, GoodMs: s.Good.Milliseconds(),
		}
	}))}
}

// ToBeaten undoes FromBeaten.
func ToBeaten(b Beaten) trials.Beaten {
	return trials.Beaten{Drain: b.Drain, Signals: each(b.Signals, func(s Signal) trials.Signal {
		return trials.Signal{
			Ref: trials.Ref{Trial: s.Trial, Attempt: int(s.Attempt)}, Stale: s.Stale, Stop: s.Stop, Cancel: s.Cancel, Reason: s.Reason, Good: millis(s.GoodMs),
		}
	})}
}

func fromRefs(refs []trials.Ref) []Ref {
	return each(refs, func(r trials.Ref) Ref { return Ref{Trial: r.Trial, Attempt: int64(r.Attempt)} })
}

func toRefs(refs []Ref) []trials.Ref {
	return each(refs, func(r Ref) trials.Ref { return trials.Ref{Trial: r.Trial, Attempt: int(r.Attempt)} })
}

func millis(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond }

// params never gives nil, which JSON would write as null.
func params(p search.Point) map[string]any {
	if p == nil {
		return map[string]any{}
	}
	return p
}

// each maps a slice; nil stays nil.
func each[A, B any](in []A, f func(A) B) []B {
	if in == nil {
		return nil
	}
	out := make([]B, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}

// filled turns nil into an empty list, for fields that are always there.
func filled[T any](in []T) []T {
	if in == nil {
		return []T{}
	}
	return in
}

// FromTerms are a server's terms on the wire.
func FromTerms(t trials.Terms) Terms { return Terms{TTLMs: t.TTL.Milliseconds()} }

// ToTerms undoes FromTerms.
func ToTerms(t Terms) trials.Terms { return trials.Terms{TTL: millis(t.TTLMs)} }
