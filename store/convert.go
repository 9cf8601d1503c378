package store

import (
	"encoding/json"
	"fmt"

	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials"
)

// The rows as nouns.

func (r *sweepRow) counts() trials.Counts {
	return trials.Counts{
		Created: r.Created, Queued: r.Queued, Running: r.Running, Completed: r.Completed, Stopped: r.Stopped,
		Failed: r.Failed, Cancelled: r.Cancelled, Attempts: r.Attempts, Live: r.Live, Held: r.Held,
		Seconds: r.Seconds, Readings: r.Readings,
	}
}

func (r *sweepRow) noun(sp specEntry) trials.Sweep {
	s := trials.Sweep{
		No: r.No, ID: r.ID, Name: r.Name, Owner: r.Owner, Experiment: fmt.Sprint(r.Experiment),
		Source: sp.source, Spec: sp.with(r.EditedParallel), Code: r.Code,
		State: trials.SweepState(r.State), Why: r.Why, WhyCode: r.WhyCode, Seq: r.Seq, Revision: r.Revision,
		Priority: r.Priority, Weight: r.Weight, Counts: r.counts(),
		Created: instant(r.MadeAt), Started: instant(r.StartedAt), Ended: instant(r.EndedAt),
	}
	if r.BestTrial > 0 {
		s.Best = &trials.Best{Trial: r.BestTrial, Value: r.BestValue, Step: r.BestStep}
	}
	return s
}

func (r *stageRow) noun() trials.Stage {
	s := trials.Stage{
		No: r.No, Sweep: r.Sweep, Index: r.Idx, Name: r.Name, State: trials.StageState(r.State), Why: r.Why,
		Budget: r.Budget, Proposed: r.Proposed, Opened: instant(r.OpenedAt), Ended: instant(r.EndedAt), Seq: r.Seq,
	}
	if r.Output != "" {
		s.Output = []byte(r.Output)
	}
	return s
}

func (r *branchRow) noun() (trials.Branch, error) {
	b := trials.Branch{
		No: r.No, Sweep: r.Sweep, Stage: r.Stage, StageName: r.StageName, Index: r.Idx, Name: r.Name,
		Seed: uint64(r.Seed), Budget: r.Budget, Shared: r.Shared, Proposed: r.Proposed, Exhausted: r.Exhausted,
		Open: r.IsOpen, Seq: r.Seq,
	}
	each, err := decodePoint(r.EachItem)
	if err != nil {
		return b, fmt.Errorf("branch %d: %w", r.No, err)
	}
	b.Each = each
	if r.Space != "" {
		b.Space = &search.Definition{}
		if err := decode(r.Space, b.Space); err != nil {
			return b, fmt.Errorf("space of branch %d: %w", r.No, err)
		}
	}
	return b, nil
}

func (r *trialRow) noun() (trials.Trial, error) {
	t := trials.Trial{
		No: r.No, Sweep: r.Sweep, Number: r.Number, Stage: r.Stage, StageName: r.StageName, Branch: r.Branch,
		K: r.K, Replicate: r.Replicate, UserID: r.UserID, Name: r.Name, Hash: r.Hash, By: r.Proposer, Note: r.Note,
		State: trials.TrialState(r.State), Reason: r.Reason, Value: r.Value, Best: r.Best, BestStep: r.BestStep,
		Last: r.Last, LastStep: r.LastStep, Resource: r.Resource, Run: r.Run, Seed: uint64(r.Seed),
		Attempts: r.Attempts, OOMs: r.Ooms, Losses: r.Losses, Failures: r.Failures,
		Created: instant(r.MadeAt), Started: instant(r.StartedAt), Ended: instant(r.EndedAt),
		Seconds: r.Seconds, Seq: r.Seq,
	}
	var err error
	if t.Point, err = decodePoint(r.Point); err != nil {
		return t, fmt.Errorf("point of trial %d: %w", r.No, err)
	}
	if t.Effective, err = decodePoint(r.Effective); err != nil {
		return t, fmt.Errorf("effective point of trial %d: %w", r.No, err)
	}
	if t.Failure, err = failure(r.Failure); err != nil {
		return t, fmt.Errorf("failure of trial %d: %w", r.No, err)
	}
	if err := decode(r.Files, &t.Files); err != nil {
		return t, fmt.Errorf("files of trial %d: %w", r.No, err)
	}
	return t, nil
}

func failure(text string) (*trials.Failure, error) {
	if text == "" {
		return nil, nil
	}
	f := &trials.Failure{}
	return f, json.Unmarshal([]byte(text), f)
}

func (r *attemptRow) noun() (trials.Attempt, error) {
	a := trials.Attempt{
		Trial: r.Trial, TrialNo: r.TrialNumber, Number: r.Number, Sweep: r.Sweep, State: trials.AttemptState(r.State),
		Worker: r.Worker, ClaimID: r.ClaimID, StopAsked: r.StopAsked, StopReason: r.StopReason,
		Delivered: r.Delivered, Bound: r.Bound, Verdict: trials.Verdict(r.Verdict), Priority: r.Priority,
		VTime: r.VTime, NotBefore: instant(r.NotBefore), Queued: instant(r.QueuedAt), Claimed: instant(r.ClaimedAt),
		Started: instant(r.StartedAt), Ended: instant(r.EndedAt), LeaseUntil: instant(r.LeaseUntil), Seq: r.Seq,
	}
	var err error
	if a.Effective, err = decodePoint(r.Effective); err != nil {
		return a, fmt.Errorf("effective point of attempt %d/%d: %w", r.Trial, r.Number, err)
	}
	if a.Failure, err = failure(r.Failure); err != nil {
		return a, fmt.Errorf("failure of attempt %d/%d: %w", r.Trial, r.Number, err)
	}
	if err := decode(r.Devices, &a.Devices); err != nil {
		return a, fmt.Errorf("devices of attempt %d/%d: %w", r.Trial, r.Number, err)
	}
	if err := decode(r.Peaks, &a.Peaks); err != nil {
		return a, fmt.Errorf("peaks of attempt %d/%d: %w", r.Trial, r.Number, err)
	}
	return a, nil
}

func (r *readingRow) noun() trials.Reading {
	return trials.Reading{
		Trial: r.Trial, Number: r.Number, Attempt: r.Attempt, Step: r.Step, Ordinal: r.Ordinal,
		Value: join(r.Value, r.Kind), At: instant(r.At), Seq: r.Seq,
	}
}

func (r *decisionRow) noun() trials.Decision {
	d := trials.Decision{
		Sweep: r.Sweep, Seq: r.Seq, At: instant(r.At), Actor: r.Actor, Kind: r.Kind, Trial: r.Trial,
		Stage: r.Stage, Branch: r.Branch, Text: r.Text,
	}
	if r.Payload != "" {
		d.Payload = []byte(r.Payload)
	}
	return d
}

// nouns converts rows that may not read.
func nouns[R, N any](rows []R, convert func(*R) (N, error)) ([]N, error) {
	out := make([]N, len(rows))
	for i := range rows {
		n, err := convert(&rows[i])
		if err != nil {
			return nil, err
		}
		out[i] = n
	}
	return out, nil
}

// plain converts rows that always read.
func plain[R, N any](rows []R, convert func(*R) N) []N {
	out := make([]N, len(rows))
	for i := range rows {
		out[i] = convert(&rows[i])
	}
	return out
}
