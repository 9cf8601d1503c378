package store

import "github.com/sweepd/sweepd/trials"

// decide writes an entry of the sweep's log under the change under way.
func (t *tx) decide(sw *sweepRow, d trials.Decision) error {
	_, err := t.record(sw, d, nil)
	return err
}

// record writes an entry unless one with that mark exists, and tells whether it
// did. nil marks nothing.
func (t *tx) record(sw *sweepRow, d trials.Decision, mark *string) (bool, error) {
	n, err := t.exec(`INSERT INTO decisions (sweep, seq, at, actor, kind, trial, stage, branch, text, payload, mark)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (sweep, mark) DO NOTHING`,
		sw.No, sw.Seq, micros(t.now), d.Actor, d.Kind, d.Trial, d.Stage, d.Branch, d.Text, string(d.Payload), mark)
	return n > 0, err
}
