package store

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/sweepd/sweepd/scheduler/plan"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials"
)

// stage reads a stage of the sweep; nil when it has none of that number.
func (t *tx) stage(sw *sweepRow, no int64) (*stageRow, error) {
	var st stageRow
	n, err := t.scan(&st, "SELECT * FROM stages WHERE no = ? AND sweep = ?", no, sw.No)
	if err != nil || n == 0 {
		return nil, err
	}
	return &st, nil
}

func (t *tx) openStage(sw *sweepRow, o plan.OpenStage) (bool, error) {
	st, err := t.stage(sw, o.Stage)
	if err != nil || st == nil || st.State != string(trials.StageWaiting) || trials.SweepState(sw.State).Ended() {
		return false, err
	}
	if o.Skip {
		return true, t.endStage(sw, st, trials.StageSkipped, o.Why)
	}
	if _, err := t.exec("UPDATE stages SET state = 'open', why = ?, budget = ?, opened_at = ?, seq = ? WHERE no = ?",
		o.Why, o.Budget, micros(t.now), sw.Seq, st.No); err != nil {
		return false, err
	}
	rows := make([]branchRow, len(o.Branches))
	for i, b := range o.Branches {
		rows[i] = branchRow{
			Sweep: sw.No, Stage: st.No, StageName: st.Name, Idx: i, Name: b.Name, EachItem: encodePoint(search.Point(b.Each)),
			Seed: int64(b.Seed), Budget: b.Budget, Shared: b.Shared, IsOpen: true, Seq: sw.Seq,
		}
		if b.Space != nil {
			rows[i].Space = encode(b.Space)
		}
	}
	if len(rows) > 0 {
		if err := t.db.Create(&rows).Error; err != nil {
			return false, err
		}
	}
	text := o.Why
	if text == "" {
		text = opening(o)
	}
	return true, t.decide(sw, trials.Decision{Actor: "plan", Kind: "open_stage", Stage: st.Name, Text: text})
}

// opening says what a stage sets out to do: "stage refine opens: 170 trials in
// mlp, knn, logreg".
func opening(o plan.OpenStage) string {
	text := "stage " + o.Name + " opens"
	if o.Budget > 0 {
		text += ": " + plural(o.Budget, "trial")
	}
	var names []string
	for _, b := range o.Branches {
		if b.Name != "" {
			names = append(names, b.Name)
		}
	}
	if len(names) == 0 {
		return text
	}
	const shown = 8
	if more := len(names) - shown; more > 0 {
		names = append(names[:shown], fmt.Sprintf("%d more", more))
	}
	return text + " in " + strings.Join(names, ", ")
}

// endStage ends a stage and closes its branches.
func (t *tx) endStage(sw *sweepRow, st *stageRow, to trials.StageState, why string) error {
	if _, err := t.exec("UPDATE stages SET state = ?, why = ?, ended_at = ?, seq = ? WHERE no = ?",
		string(to), why, micros(t.now), sw.Seq, st.No); err != nil {
		return err
	}
	if _, err := t.exec("UPDATE branches SET is_open = FALSE, seq = ? WHERE stage = ? AND is_open", sw.Seq, st.No); err != nil {
		return err
	}
	text := "stage " + st.Name + " is " + string(to)
	if why != "" {
		text += ": " + why
	}
	return t.decide(sw, trials.Decision{Actor: "plan", Kind: "finish_stage", Stage: st.Name, Text: text})
}

func (t *tx) finishStage(sw *sweepRow, f plan.FinishStage) (bool, error) {
	st, err := t.stage(sw, f.Stage)
	if err != nil || st == nil || st.State != string(trials.StageOpen) || st.Proposed != f.Proposed {
		return false, err
	}
	var open int
	if _, err := t.scan(&open, "SELECT COUNT(*) FROM trials WHERE stage = ? AND state IN ('queued', 'running')", st.No); err != nil || open > 0 {
		return false, err
	}
	return true, t.endStage(sw, st, f.State, f.Why)
}

func (t *tx) exhaust(sw *sweepRow, x plan.Exhaust) (bool, error) {
	var br branchRow
	n, err := t.scan(&br, `UPDATE branches SET exhausted = TRUE, is_open = FALSE, seq = ?
		WHERE no = ? AND sweep = ? AND is_open AND proposed = ? RETURNING *`, sw.Seq, x.Branch, sw.No, x.K)
	if err != nil || n == 0 {
		return false, err
	}
	return true, t.decide(sw, trials.Decision{
		Actor: "plan", Kind: "exhaust", Stage: br.StageName, Branch: br.Name,
		Text: "the space has no more points after " + plural(br.Proposed, "trial"),
	})
}

func (t *tx) finishSweep(sw *sweepRow, f plan.FinishSweep) (bool, error) {
	if trials.SweepState(sw.State).Ended() {
		return false, nil
	}
	var open int
	if _, err := t.scan(&open, "SELECT COUNT(*) FROM stages WHERE sweep = ? AND state IN ('waiting', 'open')", sw.No); err != nil || open > 0 {
		return false, err
	}
	return true, t.endSweep(sw, f.State, f.Why)
}

// endSweep ends a sweep.
func (t *tx) endSweep(sw *sweepRow, to trials.SweepState, why string) error {
	sw.State, sw.Why, sw.WhyCode, sw.EndedAt = string(to), why, "", micros(t.now)
	text := "the sweep is " + string(to)
	if why != "" {
		text += ": " + why
	}
	return t.decide(sw, trials.Decision{Actor: "plan", Kind: "finish", Text: text})
}

// pause holds a running sweep: what is queued waits, what is live goes on.
func (t *tx) pause(sw *sweepRow, d trials.Decision, code string) (bool, error) {
	if sw.State != string(trials.SweepRunning) {
		return false, nil
	}
	sw.State, sw.Why, sw.WhyCode = string(trials.SweepPaused), d.Text, code
	n, err := t.exec("UPDATE attempts SET state = 'held', seq = ? WHERE sweep = ? AND state = 'queued'", sw.Seq, sw.No)
	if err != nil {
		return false, err
	}
	sw.Live -= int(n)
	sw.Held += int(n)
	d.Kind = "pause"
	d.Payload, _ = json.Marshal(map[string]string{"code": code})
	return true, t.decide(sw, d)
}
