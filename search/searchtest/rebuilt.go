package searchtest

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/search"
)

// past is what was told of a trial since its last reset.
type past struct {
	facts []search.Observation
}

// rebuilt drives a sampler through random histories and asks, at the end, the
// same of one that was told the facts in trial order and of one that was told
// them in any order, some twice.
func rebuilt(t *testing.T, fresh NewSampler) {
	o := search.Options{Seed: 9, Budget: 40}
	t.Run("plain", func(t *testing.T) { rebuiltWith(t, start(t, fresh, mixed(), o)) })
	o.Start = []search.Point{{"family": "mlp"}, {"family": "svm", "C": 2}}
	o.Known = []search.Point{{"family": "knn", "k": 7, "batch": 32, "warm": true, "aug": nil}}
	t.Run("with start points", func(t *testing.T) { rebuiltWith(t, start(t, fresh, mixed(), o)) })
	o.Balance = "family"
	if _, err := fresh(space(t, mixed()), search.Options{Balance: o.Balance}); fault.Is(err, fault.Invalid) {
		o.Balance = "" // a grid, or a sampler without shares
	}
	t.Run("with shares", func(t *testing.T) { rebuiltWith(t, start(t, fresh, mixed(), o)) })
}

func rebuiltWith(t *testing.T, sub subject) {
	rapid.Check(t, func(t *rapid.T) {
		live := sub.make()
		var trials []*past
		tell := func(i int, o search.Observation) {
			o.Trial, o.K = i+1, i
			live.Tell(o)
			if rapid.Bool().Draw(t, "twice") {
				live.Tell(o)
			}
			if o.Event == search.Reset {
				trials[i].facts = trials[i].facts[:1]
				return
			}
			trials[i].facts = append(trials[i].facts, o)
		}
		for range rapid.IntRange(1, 12).Draw(t, "rounds") {
			n := rapid.IntRange(1, 4).Draw(t, "batch")
			for _, p := range ask(t, live, len(trials), n) {
				trials = append(trials, &past{})
				tell(len(trials)-1, search.Observation{Event: search.Opened, Point: p.Point})
			}
			for range rapid.IntRange(0, 6).Draw(t, "facts") {
				i := rapid.IntRange(0, len(trials)-1).Draw(t, "trial")
				tell(i, fact(t))
			}
		}
		facts := compact(trials)
		ordered, shuffled := sub.make(), sub.make()
		for _, o := range facts {
			ordered.Tell(o)
		}
		rng := rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "order")))
		facts = append(facts, facts[:len(facts)/2]...)
		rng.Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
		for _, o := range facts {
			shuffled.Tell(o)
		}
		k := len(trials)
		want := ask(t, live, k, 2)
		if diff := cmp.Diff(want, ask(t, ordered, k, 2)); diff != "" {
			t.Fatalf("live and rebuilt differ: %s", diff)
		}
		if diff := cmp.Diff(want, ask(t, shuffled, k, 2)); diff != "" {
			t.Fatalf("live and rebuilt in any order differ: %s", diff)
		}
	})
}

// fact is something that can happen to a trial.
func fact(t *rapid.T) search.Observation {
	o := search.Observation{
		Event:    rapid.SampledFrom([]search.Event{search.Reading, search.Finished, search.Finished, search.Finished, search.Stopped, search.Failed, search.Dropped, search.Reset}).Draw(t, "event"),
		Resource: float64(rapid.IntRange(1, 9).Draw(t, "resource")),
		Loss:     float64(rapid.IntRange(-3, 3).Draw(t, "loss")),
	}
	return o
}

// compact is what rows hold of the trials: one final fact of a kind, the last.
func compact(trials []*past) []search.Observation {
	var out []search.Observation
	for _, p := range trials {
		last := map[search.Event]int{}
		for i, o := range p.facts {
			last[o.Event] = i
		}
		for i, o := range p.facts {
			if last[o.Event] == i {
				out = append(out, o)
			}
		}
	}
	return out
}
