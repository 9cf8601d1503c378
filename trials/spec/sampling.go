package spec

import (
	"fmt"
	"slices"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/search"
)

// maxSeed keeps a drawn seed exact in JSON readers that only have float64.
const maxSeed = 1<<53 - 1

// sampler reads who proposes; the seed is drawn once for all stages.
func (b *builder) sampler(o object, s *Stage) {
	s.Sampler.Algorithm = "auto"
	n := o.n.get("sampler")
	if n != nil && n.kind == stringKind {
		n = long(o.n, "sampler").get("sampler")
	}
	so := b.object(n, "sampler", samplerKeys)
	if a := so.n.get("algorithm"); a != nil && a.kind == stringKind && slices.Contains(samplersLater, a.text) {
		b.later(a.at, "sampler "+a.text)
	} else {
		so.oneOf("algorithm", &s.Sampler.Algorithm, samplers...)
	}
	so.text("balance", &s.Sampler.Balance)
	if seed := so.n.get("seed"); seed != nil && seed.kind != nullKind {
		v, ok := seed.value.(int64)
		if !ok || v < 0 || v > maxSeed {
			b.fail(seed.at, "", "sampler.seed is a whole number from 0 to 2^53, not %s", seed.describe())
		}
		s.Sampler.Seed = uint64(max(v, 0))
		return
	}
	if b.seed == nil {
		b.seed = new(uint64)
		if b.o.Seed != nil {
			*b.seed = b.o.Seed() & maxSeed
		}
	}
	s.Sampler.Seed = *b.seed
}

// earlyStop reads the stopping rule.
func (b *builder) earlyStop(o object, s *Stage) {
	n := o.n.get("early_stop")
	if n == nil || n.kind == nullKind || n.isText("none") || n.value == false {
		return
	}
	if n.kind == stringKind {
		n = long(o.n, "early_stop").get("early_stop")
	}
	e := EarlyStop{Algorithm: "asha", Min: 1, Eta: 3, Resource: "reports"}
	eo := b.object(n, "early_stop", ashaKeys)
	if a := eo.n.get("algorithm"); a != nil && slices.Contains(stoppersLater, a.text) {
		b.later(a.at, "early stopping by "+a.text)
	} else {
		eo.oneOf("algorithm", &e.Algorithm, stoppers...)
	}
	if e.Algorithm == "none" {
		return
	}
	s.EarlyStop = &e
	if eo.float("min", &e.Min) && e.Min <= 0 {
		b.fail(n.get("min").at, "", "early_stop.min is above 0, not %g", e.Min)
	}
	if eo.float("eta", &e.Eta) && e.Eta < search.MinEta {
		b.fail(n.get("eta").at, "3 is usual", "early_stop.eta is at least %g, not %g", search.MinEta, e.Eta)
	}
	if eo.float("max", &e.Max) && e.Max <= e.Min {
		b.fail(n.get("max").at, "nobody is judged at max or beyond", "early_stop.max is above min, and max is %g and min is %g", e.Max, e.Min)
	}
	eo.int("skip", 0, &e.Skip)
	eo.text("resource", &e.Resource)
	b.resource(eo, e.Resource)
	eo.text("group", &e.Group)
	if w := eo.n.get("when"); w != nil && w.kind != nullKind {
		e.When = w.text // checked once the parameters are known
	}
}

func (b *builder) resource(o object, r string) {
	switch r {
	case "reports", "step", "seconds":
	default:
		if len(r) > 7 && r[:7] == "metric:" {
			b.later(o.n.get("resource").at, "early_stop.resource: metric")
			return
		}
		b.fail(o.n.get("resource").at, fault.DidYouMean(r, []string{"reports", "step", "seconds"}), "early_stop.resource cannot be %q", r)
	}
}

// Rungs are the resources at which a stopping rule judges: min times powers of
// eta, below max; of a rule without a max the first eight.
func (e *EarlyStop) Rungs() []float64 {
	n := 8
	if e.Max > 0 {
		n = 64
	}
	return search.StopOptions{Min: e.Min, Max: e.Max, Eta: e.Eta}.Rungs(n)
}

// String is the rule for people: "asha 1·3^k up to 27, within family".
func (e *EarlyStop) String() string {
	if e == nil {
		return "none"
	}
	s := fmt.Sprintf("%s %g·%g^k", e.Algorithm, e.Min, e.Eta)
	if e.Max > 0 {
		s += fmt.Sprintf(" up to %g", e.Max)
	}
	if e.Group != "" {
		s += ", within " + e.Group
	}
	return s
}

// learnFrom reads the stages whose trials the sampler is told.
func (b *builder) learnFrom(o object, s *Stage, part *part) {
	o.texts("learn_from", &s.LearnFrom)
	if n := o.n.get("learn_from"); n != nil {
		for _, name := range s.LearnFrom {
			part.refs = append(part.refs, ref{stage: name, at: n.at, waits: true, search: true, what: "learn_from"})
		}
	} else if s.Narrow != nil {
		s.LearnFrom = []string{s.Narrow.Stage}
	}
}
