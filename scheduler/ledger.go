package scheduler

import (
	"slices"
	"sync"

	"github.com/sweepd/sweepd/trials"
)

// ledger knows, from memory, whose the live attempts are. It is a hint that
// saves questions to the store: an attempt that is missing is asked for there.
type ledger struct {
	mu sync.RWMutex
	m  map[trials.Ref]holding
}

type holding struct {
	sweep  int64
	worker string
	asked  bool
	reason string
	told   bool // its worker was given a signal
}

func (l *ledger) put(ref trials.Ref, h holding) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.m == nil {
		l.m = map[trials.Ref]holding{}
	}
	h.told = h.told || l.m[ref].told
	l.m[ref] = h
}

// tell notes that an attempt's worker is given a signal, and tells whether it is
// the first time.
func (l *ledger) tell(ref trials.Ref) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	h, known := l.m[ref]
	if !known || h.told {
		return !known
	}
	h.told = true
	l.m[ref] = h
	return true
}

func (l *ledger) drop(ref trials.Ref) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.m, ref)
}

// forget drops all of a sweep.
func (l *ledger) forget(sweep int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for ref, h := range l.m {
		if h.sweep == sweep {
			delete(l.m, ref)
		}
	}
}

func (l *ledger) get(ref trials.Ref) (holding, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	h, ok := l.m[ref]
	return h, ok
}

func (l *ledger) stopping(ref trials.Ref) (bool, string) {
	h, _ := l.get(ref)
	return h.asked, h.reason
}

// workers are those that hold attempts of a sweep.
func (l *ledger) workers(sweep int64) []string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var out []string
	for _, h := range l.m {
		if h.sweep == sweep && h.worker != "" && !slices.Contains(out, h.worker) {
			out = append(out, h.worker)
		}
	}
	return out
}
