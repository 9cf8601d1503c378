package store

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// recorder runs groups as slowly as gate lets it and remembers their sizes.
type recorder struct {
	gate  chan struct{}
	mu    sync.Mutex
	sizes []int
	at    atomic.Int32
}

func (r *recorder) run(_ context.Context, members []*member) {
	if r.at.Add(1) > 1 {
		panic("two groups at once in one lane")
	}
	defer r.at.Add(-1)
	<-r.gate
	r.mu.Lock()
	r.sizes = append(r.sizes, len(members))
	r.mu.Unlock()
	for _, m := range members {
		m.err = m.fn(nil)
	}
}

func TestWhatWaitsSharesTheNextGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{gate: make(chan struct{})}
		l := newLanes(r.run)
		var wg sync.WaitGroup
		want := errors.New("its own")
		for i := range groupMax + 11 {
			wg.Go(func() {
				err := l.do(t.Context(), 1, &member{fn: func(*tx) error {
					if i == 5 {
						return want
					}
					return nil
				}})
				if (i == 5) != errors.Is(err, want) {
					t.Errorf("member %d got %v", i, err)
				}
			})
			synctest.Wait() // it runs, or waits in the lane
		}
		for range 3 {
			r.gate <- struct{}{}
			synctest.Wait()
		}
		wg.Wait()
		if len(r.sizes) != 3 || r.sizes[0] != 1 || r.sizes[1] != groupMax || r.sizes[2] != 10 {
			t.Errorf("groups of %v, want 1, %d and 10", r.sizes, groupMax)
		}
		if len(l.open) != 0 {
			t.Errorf("%d lanes are left open", len(l.open))
		}
	})
}

func TestWhoGivesUpWaitingIsNotRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{gate: make(chan struct{})}
		l := newLanes(r.run)
		ran := make([]bool, 3)
		errs := make([]error, 3)
		quit, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for i, ctx := range []context.Context{quit, quit, t.Context()} {
			wg.Go(func() {
				errs[i] = l.do(ctx, 1, &member{fn: func(*tx) error { ran[i] = true; return nil }})
			})
			synctest.Wait()
		}
		cancel()
		synctest.Wait()
		for range 2 {
			r.gate <- struct{}{}
			synctest.Wait()
		}
		wg.Wait()
		if !ran[0] || errs[0] != nil {
			t.Errorf("a group that has begun ends: ran %v, %v", ran[0], errs[0])
		}
		if ran[1] || !errors.Is(errs[1], context.Canceled) {
			t.Errorf("one that gave up: ran %v, %v", ran[1], errs[1])
		}
		if !ran[2] || errs[2] != nil {
			t.Errorf("the one behind it: ran %v, %v", ran[2], errs[2])
		}
	})
}

func TestLanesDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		l := newLanes(func(_ context.Context, ms []*member) { ms[0].err = ms[0].fn(nil) })
		var wg sync.WaitGroup
		wg.Go(func() { _ = l.do(t.Context(), 1, &member{fn: func(*tx) error { <-gate; return nil }}) })
		synctest.Wait()
		if err := l.do(t.Context(), 2, &member{fn: func(*tx) error { return nil }}); err != nil {
			t.Error(err)
		}
		close(gate)
		wg.Wait()
	})
}
