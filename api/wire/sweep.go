package wire

import (
	"encoding/json"

	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// FromSweep is a sweep with its stages on the wire. With whole it carries the
// text as submitted, the resolved spec and the branches' spaces.
func FromSweep(s trials.Sweep, stages []trials.Stage, branches []trials.Branch, whole bool) (Sweep, error) {
	out := Sweep{
		ID: s.ID, Name: s.Name, Owner: s.Owner, Experiment: s.Experiment, State: SweepState(s.State), Why: s.Why, WhyCode: s.WhyCode,
		Seq: s.Seq, Revision: s.Revision, Priority: int64(s.Priority), Metric: s.Spec.Objective.Metric, Goal: SweepGoal(s.Spec.Objective.Goal),
		Planned: int64(planned(s.Spec)), Parallel: int64(s.Spec.Budget.Parallel), Counts: fromCounts(s.Counts),
		Created: s.Created, Started: s.Started, Ended: s.Ended, Code: s.Code, URL: "/s/" + s.ID, Stages: []Stage{},
	}
	if s.Best != nil {
		out.Best = Best{Trial: int64(s.Best.Trial), Value: Num(s.Best.Value), Step: s.Best.Step}
	}
	for _, st := range stages {
		w, err := fromStage(s.Spec, st, branches, whole)
		if err != nil {
			return Sweep{}, err
		}
		out.Stages = append(out.Stages, w)
	}
	if whole {
		out.Source = s.Source
		var err error
		if out.Spec, err = s.Spec.Echo(); err != nil {
			return Sweep{}, err
		}
	}
	return out, nil
}

func fromStage(sp *spec.Spec, st trials.Stage, branches []trials.Branch, whole bool) (Stage, error) {
	out := Stage{
		Name: st.Name, State: StageState(st.State), Why: st.Why, Budget: int64(st.Budget), Proposed: int64(st.Proposed),
		Opened: st.Opened, Ended: st.Ended,
	}
	if def := sp.Stage(st.Name); def != nil {
		out.Kind = StageKind(def.Kind)
		if def.Kind == spec.SearchStage {
			out.Sampler = def.Sampler.Algorithm
		}
		if def.EarlyStop != nil {
			out.EarlyStop = def.EarlyStop.Algorithm
		}
	}
	for _, b := range branches {
		if b.Stage != st.No {
			continue
		}
		w := Branch{
			Name: b.Name, Each: b.Each, Budget: int64(b.Budget), Shared: b.Shared, Proposed: int64(b.Proposed), Exhausted: b.Exhausted, Open: b.Open,
		}
		if whole && b.Space != nil {
			var err error
			if w.Space, err = object(b.Space); err != nil {
				return Stage{}, err
			}
		}
		out.Branches = append(out.Branches, w)
	}
	return out, nil
}

func fromCounts(c trials.Counts) Counts {
	return Counts{
		Created: int64(c.Created), Queued: int64(c.Queued), Running: int64(c.Running), Completed: int64(c.Completed), Stopped: int64(c.Stopped),
		Failed: int64(c.Failed), Cancelled: int64(c.Cancelled), Attempts: int64(c.Attempts), Live: int64(c.Live), Held: int64(c.Held), Seconds: c.Seconds,
	}
}

// planned is how many trials a sweep makes at most, 0 when only time bounds it.
func planned(sp *spec.Spec) int {
	if sp.Budget.Trials > 0 {
		return sp.Budget.Trials
	}
	sum := 0
	for _, st := range sp.Stages {
		n := st.Budget.Trials
		if len(st.Points) > 0 {
			n = len(st.Points)
		}
		if st.Kind == spec.SearchStage && n == 0 {
			return 0
		}
		sum += n
	}
	return sum
}

// FromDecision is a log entry on the wire.
func FromDecision(d trials.Decision) Decision {
	out := Decision{
		Seq: d.Seq, At: d.At, Actor: d.Actor, Kind: d.Kind, Trial: int64(d.Trial), Stage: d.Stage, Branch: d.Branch, Text: d.Text,
	}
	_ = json.Unmarshal(d.Payload, &out.Payload) // the store wrote it; a payload that is no object is left out
	return out
}

// FromEnsemble is an ensemble on the wire.
func FromEnsemble(e trials.Ensemble) Ensemble {
	return Ensemble{
		Stage: e.Stage, Metric: e.Metric, Split: e.Split, Scores: e.Scores, Considered: int64(e.Considered), Missing: int64(e.Missing),
		Note: e.Note, Created: e.Created, BestSingle: EnsembleSingle{Trial: int64(e.Best.Trial), Scores: e.Best.Scores},
		Members: filled(each(e.Members, func(m trials.EnsembleMember) EnsembleMember {
			return EnsembleMember{Trial: int64(m.Trial), Weight: m.Weight}
		})),
		Path: filled(each(e.Path, func(s trials.EnsembleStep) EnsembleStep { return EnsembleStep{Trial: int64(s.Trial), Loss: s.Loss} })),
	}
}

// object is v as a JSON object.
func object(v any) (map[string]any, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	err = json.Unmarshal(b, &out)
	return out, err
}
