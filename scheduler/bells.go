package scheduler

import "sync"

// bells wakes who waits for a key. The zero value is ready.
type bells[K comparable] struct {
	mu sync.Mutex
	m  map[K]*bell[K]
}

type bell[K comparable] struct {
	c    chan struct{}
	of   *bells[K]
	key  K
	ears int
}

// listen gives the bell of a key; its channel is closed by the next ring. The
// caller leaves it in the end.
func (b *bells[K]) listen(key K) *bell[K] {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.m == nil {
		b.m = map[K]*bell[K]{}
	}
	e := b.m[key]
	if e == nil {
		e = &bell[K]{c: make(chan struct{}), of: b, key: key}
		b.m[key] = e
	}
	e.ears++
	return e
}

func (e *bell[K]) leave() {
	e.of.mu.Lock()
	defer e.of.mu.Unlock()
	if e.ears--; e.ears == 0 && e.of.m[e.key] == e {
		delete(e.of.m, e.key)
	}
}

func (b *bells[K]) ring(key K) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.m[key]; e != nil {
		close(e.c)
		delete(b.m, key)
	}
}

// due gathers the sweeps that are to be looked at.
type due struct {
	mu   sync.Mutex
	set  map[int64]struct{}
	ring chan struct{}
}

func (d *due) add(sweeps ...int64) {
	if len(sweeps) == 0 {
		return
	}
	d.mu.Lock()
	if d.set == nil {
		d.set = map[int64]struct{}{}
	}
	for _, n := range sweeps {
		d.set[n] = struct{}{}
	}
	d.mu.Unlock()
	select {
	case d.ring <- struct{}{}:
	default:
	}
}

func (d *due) take() []int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]int64, 0, len(d.set))
	for n := range d.set {
		out = append(out, n)
	}
	clear(d.set)
	return out
}
