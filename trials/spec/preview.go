package spec

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/search"
)

// Preview is what a sweep would do, as far as that is known before it runs.
type Preview struct {
	Stages []StagePreview `json:"stages"`
}

// StagePreview is one stage of it.
type StagePreview struct {
	Name     string         `json:"name"`
	Kind     StageKind      `json:"kind"`
	After    []string       `json:"after,omitempty"`
	Trials   int            `json:"trials"`             // at most; 0: only time bounds them
	Size     float64        `json:"size,omitempty"`     // points of the space; 0: infinite or unknown
	Feasible float64        `json:"feasible,omitempty"` // share of the space that satisfies the constraints; 0: unknown
	Rungs    []float64      `json:"rungs,omitempty"`    // resources at which trials may be stopped early
	Points   []search.Point `json:"points,omitempty"`   // the first eight, from the stage's own sampler and seed
	Argv     [][]string     `json:"argv,omitempty"`     // of the first three; ${trial.dir} stands for what the worker will know
	Note     string         `json:"note,omitempty"`     // what is known only when the stage opens
}

// How much of a stage is shown.
const (
	previewPoints = 8
	previewArgv   = 3
)

// NewPreview looks ahead: s must come from Parse. The points of adaptive
// samplers are those they would propose while nothing is finished yet.
func NewPreview(s *Spec) (*Preview, error) {
	out := &Preview{}
	for i := range s.Stages {
		p, err := s.Stages[i].preview(s)
		if err != nil {
			return nil, fmt.Errorf("preview of stage %s: %w", s.Stages[i].Name, err)
		}
		out.Stages = append(out.Stages, p)
	}
	return out, nil
}

func (s *Stage) preview(of *Spec) (StagePreview, error) {
	p := StagePreview{Name: s.Name, Kind: s.Kind, After: s.After, Trials: s.Budget.Trials}
	if s.Kind == EnsembleStage {
		p.Note = fmt.Sprintf("%d members at most by %s on %s, from what the trials of %s leave", s.Ensemble.Size, s.Ensemble.Metric, s.Ensemble.Split, join(s.Ensemble.From))
		return p, nil
	}
	if s.EarlyStop != nil {
		p.Rungs = s.EarlyStop.Rungs()
	}
	each, note := s.firstItem()
	switch {
	case s.ForEach != nil && len(s.ForEach.Items) == 0 && s.ForEach.Expr == "":
		p.Note = "for_each has no items: the stage is skipped"
		return p, nil
	case s.Points != nil:
		for _, pt := range s.Points[:min(len(s.Points), previewPoints)] {
			p.Points = append(p.Points, pt.Params)
		}
	case s.Narrow != nil || s.ForEach != nil && s.ForEach.Expr != "":
		p.Note = s.unknownNote()
		return p, nil
	default:
		p.Note = note
		if err := s.ask(each, of.Budget.Parallel, &p); err != nil {
			return p, err
		}
	}
	for i, pt := range p.Points[:min(len(p.Points), previewArgv)] {
		argv, err := s.Argv(pt, TrialVars{ID: fmt.Sprintf("preview/%d", i+1), Number: i + 1, Dir: "${trial.dir}", CheckpointDir: "${checkpoint.dir}", Seed: s.Sampler.Seed, Each: each})
		if err != nil {
			return p, err
		}
		if argv != nil {
			p.Argv = append(p.Argv, argv)
		}
	}
	return p, nil
}

// firstItem is the loop's first item when it is in the file.
func (s *Stage) firstItem() (map[string]any, string) {
	if s.ForEach == nil || len(s.ForEach.Items) == 0 {
		return nil, ""
	}
	item := s.ForEach.Items[0]
	return map[string]any{s.ForEach.Name: item}, fmt.Sprintf("%d branches; shown is %s = %s", len(s.ForEach.Items), s.ForEach.Name, formatValue(item))
}

// unknownNote says why nothing more can be shown of a stage.
func (s *Stage) unknownNote() string {
	note := ""
	if s.Narrow != nil {
		note = "its space is narrowed around the best of " + s.Narrow.Stage + " when that has ended"
	}
	if s.ForEach == nil {
		return note
	}
	if note != "" {
		note += "; "
	}
	if s.ForEach.Expr != "" {
		return note + fmt.Sprintf("one branch for each %s of %s", s.ForEach.Name, s.ForEach.Expr)
	}
	return note + fmt.Sprintf("one branch for each of %d values of %s", len(s.ForEach.Items), s.ForEach.Name)
}

// ask fills in the space and the first points of a stage whose space is known;
// parallel is the sweep's own bound.
func (s *Stage) ask(each map[string]any, parallel int, p *StagePreview) error {
	branch := ""
	if s.ForEach != nil {
		branch = BranchName(each[s.ForEach.Name])
	}
	d, err := s.SpaceFor(each, Winners{})
	if err != nil {
		return err
	}
	space, err := search.NewSpace(*d)
	if err != nil {
		return err
	}
	if size := space.Size(); !math.IsInf(size, 1) {
		p.Size = size
	}
	p.Feasible, _ = space.Feasibility()
	o := search.Options{Seed: BranchSeed(s.Sampler.Seed, s.Name, branch), Budget: s.branchTrials(), Parallel: parallel, Balance: s.Sampler.Balance}
	if own := s.Budget.Parallel; own > 0 && (parallel == 0 || own < parallel) {
		o.Parallel = own
	}
	for _, pt := range s.Start {
		if fits, err := space.Complete(pt); err == nil { // the others are for other branches
			o.Start = append(o.Start, fits)
		}
	}
	sampler, err := search.NewSampler(s.Sampler.Algorithm, space, o)
	if err != nil {
		return err
	}
	n := previewPoints
	if o.Budget > 0 {
		n = min(n, o.Budget)
	}
	proposals, err := sampler.Ask(context.Background(), 0, n)
	if err != nil && !errors.Is(err, search.ErrExhausted) {
		return fault.Invalidf("the sampler %s", s.Sampler.Algorithm).Because(err)
	}
	for _, q := range proposals {
		p.Points = append(p.Points, q.Point)
	}
	return nil
}

// branchTrials is how many trials the first branch may run; 0: not known.
func (s *Stage) branchTrials() int {
	n := 1
	if s.ForEach != nil {
		n = max(1, len(s.ForEach.Items))
	}
	switch {
	case len(s.Budget.Shares) > 0:
		return s.Budget.Shares[0]
	case s.Budget.Split == "equal":
		return (s.Budget.Trials + n - 1) / n
	}
	return s.Budget.Trials
}

// join lists names for people: "a, b and c".
func join(names []string) string {
	switch n := len(names); n {
	case 0:
		return "none"
	case 1:
		return names[0]
	default:
		out := names[0]
		for _, name := range names[1 : n-1] {
			out += ", " + name
		}
		return out + " and " + names[n-1]
	}
}
