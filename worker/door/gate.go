package door

import (
	"context"
	"sync"
)

// Gate is one attempt's part of the door.
type Gate struct {
	door   *Door
	token  string
	told   func(string)
	ctx    context.Context // ends with the gate
	cancel context.CancelFunc
	sender sync.WaitGroup

	mu      sync.Mutex
	queue   []point       // reports not sent yet, in order
	open    int           // requests and batches under way
	reports int           // ever made
	step    int64         // the highest reported
	stop    bool          // what replies say
	reason  string        //
	stale   bool          // the server does not want this attempt's words any more
	wake    chan struct{} // there is something to send
	idle    chan struct{} // nothing is queued or under way
}

// Stop makes every reply to a report say so from now on.
func (g *Gate) Stop(reason string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stop, g.reason = true, reason
}

// Reports counts the reports made so far: 0 means that the trial does not use
// the client and will not hear of a stop.
func (g *Gate) Reports() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.reports
}

// Drain waits until everything that the attempt said has been answered by the
// server, or is stale. Call it when the attempt's processes are gone.
func (g *Gate) Drain(ctx context.Context) error {
	for {
		g.mu.Lock()
		quiet := len(g.queue) == 0 && g.open == 0
		g.mu.Unlock()
		if quiet {
			return nil
		}
		select {
		case <-g.idle:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Close ends the gate; what it holds is given up.
func (g *Gate) Close() {
	g.door.mu.Lock()
	delete(g.door.gates, g.token)
	g.door.mu.Unlock()
	g.cancel()
	g.sender.Wait()
}

func (g *Gate) enter() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open++
}

func (g *Gate) exit() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open--
	if g.open == 0 && len(g.queue) == 0 {
		select {
		case g.idle <- struct{}{}:
		default:
		}
	}
}
