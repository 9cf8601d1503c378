package search

import (
	"maps"
	"math"
	"slices"

	"github.com/sweepd/sweepd/internal/fault"
)

// StopOptions are what every stopper is made with.
type StopOptions struct {
	Min     float64 // resource of the lowest rung, above 0; 0 is 1
	Max     float64 // resource of a complete trial: nobody is stopped there or beyond; 0: unknown, rungs have no end
	Eta     float64 // rungs are Min·Eta^i, the best 1/Eta of a rung goes on; at least MinEta; 0 is 3
	Grouped bool    // rank trials within the group they were opened with, not all together
	Await   bool    // judge a rung only once a trial of the group has reported beyond it
}

// MinEta is the least Eta. It keeps rungs few: a million reports pass 145.
const MinEta = 1.1

// Rungs are the resources at which trials are judged, lowest first, at most n.
func (o StopOptions) Rungs(n int) []float64 {
	o = o.filled()
	var out []float64
	for i := 0; len(out) < n; i++ {
		r := o.rung(i)
		if math.IsInf(r, 0) || (o.Max > 0 && r >= o.Max) {
			break
		}
		out = append(out, r)
	}
	return out
}

// rung is the resource of rung i; whole when Min and Eta are.
func (o StopOptions) rung(i int) float64 { return tidy(o.Min * math.Pow(o.Eta, float64(i))) }

func (o StopOptions) filled() StopOptions {
	if o.Min == 0 {
		o.Min = 1
	}
	if o.Eta == 0 {
		o.Eta = 3
	}
	return o
}

// check gives o with its zeros filled, or fault.Invalid.
func (o StopOptions) check() (StopOptions, error) {
	o = o.filled()
	var ps []fault.Problem
	bad := func(where, message, hint string) {
		ps = append(ps, fault.Problem{Where: where, Message: message, Hint: hint})
	}
	finite := func(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
	if !finite(o.Min) || o.Min < 0 {
		bad("early_stop.min", "the lowest rung must lie above 0, not at "+text(o.Min), "use 1 for the first report")
	}
	if !finite(o.Eta) || o.Eta < MinEta {
		bad("early_stop.eta", "eta must be at least "+text(MinEta)+", not "+text(o.Eta), "3 keeps a third of the trials at each rung")
	}
	if !finite(o.Max) || o.Max < 0 {
		bad("early_stop.max", "max must be the resource of a complete trial, not "+text(o.Max), "leave it out when it is unknown")
	}
	if len(ps) == 0 && o.Max > 0 && o.Max <= o.Min {
		bad("early_stop.max", "max "+text(o.Max)+" is not above min "+text(o.Min)+", so that no trial would ever be judged", "")
	}
	return o, fault.Many("early stopping has faults", ps)
}

// StopperInfo describes a stopper to people and makes one.
type StopperInfo struct {
	Doc string // one line
	New func(o StopOptions) (Stopper, error)
}

// Stoppers are the stoppers by the names a sweep file uses.
var Stoppers = map[string]StopperInfo{
	"asha": {"stop a trial that is not among the best 1/eta at a rung", NewASHA},
}

// NewStopper makes a stopper by name; an unknown name is fault.Invalid.
func NewStopper(name string, o StopOptions) (Stopper, error) {
	info, ok := Stoppers[name]
	if !ok {
		return nil, fault.Invalidf("unknown early stopping %q", name).Coded("early_stop").Fix("%s", fault.DidYouMean(name, slices.Sorted(maps.Keys(Stoppers))))
	}
	return info.New(o)
}
