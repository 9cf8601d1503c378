package worker

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/sweepd/sweepd/internal/fault"
)

// Waits between repetitions while the server is away.
const (
	firstPause = 50 * time.Millisecond
	lastPause  = 2 * time.Second
)

// passing tells whether the same request may succeed later. An error that is no
// fault - a refused connection - is.
func passing(err error) bool {
	switch fault.KindOf(err) {
	case fault.Unavailable, fault.Internal:
		return true
	}
	return false
}

// persist repeats do until it succeeds, fails for good, or ctx ends; it gives
// the last error. do is told how often it was tried before.
func persist(ctx context.Context, do func(try int) error) error {
	for try, pause := 0, firstPause; ; try, pause = try+1, min(2*pause, lastPause) {
		err := do(try)
		if err == nil || !passing(err) || ctx.Err() != nil {
			return err
		}
		if !rest(ctx, pause/2+rand.N(pause)) {
			return err
		}
	}
}

// rest waits and tells whether the whole time passed.
func rest(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
