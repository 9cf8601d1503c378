package main

import (
	"context"
	"errors"
	"time"

	"github.com/sweepd/sweepd/worker"
)

// inner is the worker inside a server: it works until it is drained, and says
// when the last of its trials has settled.
type inner struct {
	w    *worker.Worker
	ctx  context.Context // ends when it must claim no more
	stop context.CancelFunc
	idle chan struct{} // closed when it holds nothing any more
}

func newInner(w *worker.Worker) *inner {
	ctx, stop := context.WithCancel(context.Background())
	return &inner{w: w, ctx: ctx, stop: stop, idle: make(chan struct{})}
}

// run works until it is drained, which may be before it has said hello.
func (i *inner) run() error {
	defer close(i.idle)
	if err := i.w.Run(i.ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// drain lets it claim no more; what runs goes on.
func (i *inner) drain() { i.stop() }

// end drains it and ends what runs within the grace, without cost to the trials.
func (i *inner) end(grace time.Duration) {
	i.stop()
	i.w.Stop(grace)
	<-i.idle
}
