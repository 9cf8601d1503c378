package search_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/search"
)

// FuzzSpace: whatever the definition, it is refused as invalid or makes a space
// whose points are canonical, within their bounds and themselves after encoding
// and JSON; and what a sampler is told and asks does not panic.
func FuzzSpace(f *testing.F) {
	for _, d := range []search.Definition{families(), sixFamilies(), cube(2), conditional().def} {
		text, err := json.Marshal(d)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, uint64(1))
	}
	for _, text := range []string{
		`{"params":[{"name":"n","type":"int","low":9007199254740000,"high":9007199254740992,"scale":"log","step":3}]}`,
		`{"params":[{"name":"m","type":"float","low":-1,"high":0.999,"scale":"reverse_log","step":0.37},{"name":"s","type":"float","low":-1e6,"high":1e9,"scale":"symlog"},{"name":"l","type":"float","low":1e-9,"high":0.5,"scale":"logit"}]}`,
		`{"params":[{"name":"c","type":"choice","values":[null,1,"1",1.5,true,9007199254740993],"weights":[1,2,3,4,5,6],"default":"1"},{"name":"p","type":"bool","when":"c == 1.5 or p['q'] > 0"},{"name":"q","type":"ordinal","values":[2,3]}],"constraints":["q > 2 or c != nil"]}`,
	} {
		f.Add([]byte(text), uint64(7))
	}
	f.Fuzz(func(t *testing.T, text []byte, seed uint64) {
		var s search.Space
		if err := json.Unmarshal(text, &s); err != nil {
			if !fault.Is(err, fault.Invalid) && json.Valid(text) {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		if len(s.Params()) > 30 {
			return // slow
		}
		rng := rand.New(rand.NewPCG(seed, 1))
		for range 4 {
			pt, ok := s.Sample(rng)
			if !ok {
				return
			}
			checkPoint(t, &s, pt)
		}
		for _, name := range []string{"random", "sobol", "tpe", "auto"} {
			sm, err := search.NewSampler(name, &s, search.Options{Seed: seed})
			if err != nil {
				t.Fatal(err)
			}
			for k := range 8 {
				ps, err := sm.Ask(context.Background(), k, 1)
				if errors.Is(err, search.ErrExhausted) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				checkPoint(t, &s, ps[0].Point)
				finish(sm, k+1, ps[0].Point, rng.NormFloat64())
			}
		}
	})
}

// checkPoint holds a point of a space to what every point is.
func checkPoint(t *testing.T, s *search.Space, pt search.Point) {
	t.Helper()
	c, err := s.Canon(pt)
	if err != nil || !cmp.Equal(c, pt) || !s.Feasible(pt) {
		t.Fatalf("%v is not canonical: %v, %v", pt, c, err)
	}
	for _, p := range s.Params() {
		x, number := pt[p.Pass].(float64)
		if n, whole := pt[p.Pass].(int64); whole {
			x, number = float64(n), true
		}
		if number && p.Parent == "" && p.When == "" && (p.Type == search.Float || p.Type == search.Int) && (x < p.Low || x > p.High) {
			t.Fatalf("%s = %v is outside [%v, %v]", p.Name, x, p.Low, p.High)
		}
	}
	for _, u := range s.Encode(pt) {
		if !math.IsNaN(u) && !(u >= 0 && u < 1) {
			t.Fatalf("%v lies at %v", pt, s.Encode(pt))
		}
	}
	back := s.Decode(s.Encode(pt))
	for name, v := range pt {
		n, whole := v.(int64)
		if _, float := v.(float64); float || conditioned(s) || whole && (n > 1<<40 || n < -1<<40) {
			continue // a scale loses the last digits of a float, and as many of an int
		}
		if back[name] != v {
			t.Fatalf("%s = %v came back as %v", name, v, back[name])
		}
	}
}

// conditioned tells whether the last digit of a float may decide about others.
func conditioned(s *search.Space) bool {
	for _, p := range s.Params() {
		if p.When != "" {
			return true
		}
	}
	return false
}
