package tracking

// Author is who writes. The zero Author is an ordinary client.
//
// A run that belongs to a trial (Run.Owner is not empty) takes writes only from
// an Author with the same Owner whose attempt is held at that moment. A store
// checks this inside the transaction that writes: another owner's run and an
// ordinary client are Denied, an attempt that is not held any more is Stale.
type Author struct {
	Owner   string // the trial, in the same opaque words as Run.Owner; "" for an ordinary client
	Attempt int    // the attempt's number within its trial, from 1; 0 for an ordinary client
}

// Ordinary tells whether the author is a client outside any trial.
func (a Author) Ordinary() bool { return a.Owner == "" }
