package worker

import "time"

// How long the room of an attempt that this worker could not start stays empty:
// twice as long after each, until one starts. A worker whose disk is full would
// else claim and lose every trial of a sweep in a moment.
const (
	firstIllness = time.Second
	lastIllness  = time.Minute
)

// health gives the pause after an attempt.
func (w *Worker) health(a *attempt) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if a.ran {
		w.illness = 0
	}
	if a.ill == nil {
		return 0
	}
	w.illness = min(max(2*w.illness, firstIllness), lastIllness)
	w.cfg.Log.Error("a trial could not be started on this worker; it is given back, and its room stays empty for a while",
		"sweep", a.lease.SweepID, "trial", a.lease.Number, "attempt", a.lease.Attempt, "pause", w.illness, "err", a.ill)
	return w.illness
}
