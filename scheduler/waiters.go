package scheduler

import (
	"slices"
	"sync"
)

// waiters are the claims that found no work. One of them is woken for each
// attempt that becomes claimable, the longest waiting first; one that finds
// nothing that fits it passes the news on to the next of another kind.
type waiters struct {
	mu   sync.Mutex
	list []*waiter
}

type waiter struct {
	worker string
	kind   string // claims of one kind fit the same attempts
	c      chan token
}

// token is the news of one attempt, and which kinds of claim could not use it.
type token struct {
	probe bool // no attempt is known: time may have made some claimable
	tried []string
}

func (w *waiters) join(worker, kind string) *waiter {
	e := &waiter{worker: worker, kind: kind, c: make(chan token, 1)}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = append(w.list, e)
	return e
}

// leave takes a waiter off the list. News that reached it unseen goes on.
func (w *waiters) leave(e *waiter) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if i := slices.Index(w.list, e); i >= 0 {
		w.list = slices.Delete(w.list, i, i+1)
		return
	}
	select {
	case t := <-e.c:
		w.hand(t)
	default:
	}
}

// ring says that n attempts have become claimable.
func (w *waiters) ring(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for ; n > 0 && len(w.list) > 0; n-- {
		w.hand(token{})
	}
}

// probe lets one claim look whether time has made attempts claimable.
func (w *waiters) probe() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hand(token{probe: true})
}

// pass gives news on that e could not use. e has been taken off the list by it.
func (w *waiters) pass(e *waiter, t token) {
	t.tried = append(t.tried, e.kind)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hand(t)
}

// again puts a woken waiter back.
func (w *waiters) again(e *waiter) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = append(w.list, e)
}

// wake wakes every claim of one worker.
func (w *waiters) wake(worker string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range slices.Clone(w.list) {
		if e.worker == worker {
			w.list = slices.DeleteFunc(w.list, func(o *waiter) bool { return o == e })
			e.c <- token{}
		}
	}
}

func (w *waiters) hand(t token) {
	for i, e := range w.list {
		if !slices.Contains(t.tried, e.kind) {
			w.list = slices.Delete(w.list, i, i+1)
			e.c <- t // buffered, and e is on the list only while it is empty
			return
		}
	}
}
