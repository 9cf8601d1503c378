package scheduler

import (
	"sync"
	"time"

	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// fleet is what this server has seen of workers lately: an estimate of how many
// attempts may run at once, for creating just enough ahead. It decides nothing
// that a store would not check.
type fleet struct {
	mu sync.Mutex
	m  map[string]*member
}

type member struct {
	trials.Worker
	free int // slots that its last claim asked for
	held int // attempts at its last beat
	seen time.Time
}

func (f *fleet) at(id string, now time.Time) *member {
	if f.m == nil {
		f.m = map[string]*member{}
	}
	m := f.m[id]
	if m == nil {
		m = &member{Worker: trials.Worker{ID: id}}
		f.m[id] = m
	}
	m.seen = now
	return m
}

func (f *fleet) hello(w trials.Worker, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := f.at(w.ID, now)
	m.Worker, m.held = w, len(w.Held)
}

// claim takes in what a claim says of its worker; a server that started after
// the worker's hello learns its size from it.
func (f *fleet) claim(c trials.Claim, now time.Time) (drain bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := f.at(c.Worker, now)
	m.free = c.Slots
	m.Slots = max(m.Slots, m.free)
	if m.CPU == 0 {
		m.CPU, m.Memory, m.Labels = c.CPU, c.Memory, c.Labels
	}
	for len(m.Devices) < len(c.Devices) {
		m.Devices = append(m.Devices, trials.Device{UUID: c.Devices[len(m.Devices)]})
	}
	return m.Drain
}

func (f *fleet) beat(b trials.Beat, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := f.at(b.Worker, now)
	m.held = len(b.Held)
	m.Slots = max(m.Slots, m.held)
}

func (f *fleet) drain(id string, on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m := f.m[id]; m != nil {
		m.Drain = on
	}
}

func (f *fleet) draining(id string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := f.m[id]
	return m != nil && m.Drain
}

func (f *fleet) slotsOf(id string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m := f.m[id]; m != nil {
		return m.Slots
	}
	return 0
}

// slots is how many attempts with these needs fit on the workers seen since a
// time; others are forgotten.
func (f *fleet) slots(r spec.Resources, since time.Time) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for id, m := range f.m {
		if m.seen.Before(since) {
			delete(f.m, id)
			continue
		}
		if !m.Drain {
			n += m.fits(r)
		}
	}
	return n
}

// fits is how many attempts with these needs the worker can run at once.
func (m *member) fits(r spec.Resources) int {
	n := m.Slots
	if r.CPU > 0 && m.CPU > 0 {
		n = min(n, int(m.CPU/r.CPU+1e-9))
	}
	if r.Memory > 0 && m.Memory > 0 {
		n = min(n, int(m.Memory/r.Memory))
	}
	if r.GPU > 0 {
		n = min(n, len(m.Devices)/r.GPU)
	}
	for k, v := range r.Labels {
		if m.Labels[k] != v {
			return 0
		}
	}
	return n
}
