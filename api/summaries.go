package api

import "sync"

// summaries finds a sweep's summary. The zero value is ready.
type summaries struct {
	mu   sync.Mutex
	of   map[int64]*summary
	uses int64
	used map[int64]int64 // sweep -> the use it was last asked for
}

// keptSummaries bounds the memory of a server that shows many sweeps: about
// 200 bytes per trial each.
const keptSummaries = 64

// get gives a sweep's summary and forgets the one that was not asked for the
// longest when there are too many.
func (ss *summaries) get(sweep int64) *summary {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if ss.of == nil {
		ss.of, ss.used = map[int64]*summary{}, map[int64]int64{}
	}
	sm := ss.of[sweep]
	if sm == nil {
		if len(ss.of) >= keptSummaries {
			ss.forget()
		}
		sm = newSummary()
		ss.of[sweep] = sm
	}
	ss.uses++
	ss.used[sweep] = ss.uses
	return sm
}

func (ss *summaries) forget() {
	var oldest int64
	for sweep, use := range ss.used {
		if oldest == 0 || use < ss.used[oldest] {
			oldest = sweep
		}
	}
	delete(ss.of, oldest)
	delete(ss.used, oldest)
}
