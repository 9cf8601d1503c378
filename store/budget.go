package store

import (
	"fmt"

	"github.com/sweepd/sweepd/trials"
)

// budget is how many more trials a branch may create: what sweep, stage and
// branch leave, -1 when none of them sets a limit. In a stage with a shared
// budget the others' own budgets are kept free for them.
func (t *tx) budget(sw *sweepRow, br branchRow, total int) (int, error) {
	room := -1
	limit := func(n int) {
		if n = max(n, 0); room < 0 || n < room {
			room = n
		}
	}
	if total > 0 {
		limit(total - sw.Created)
	}
	var st stageRow
	if _, err := t.scan(&st, "SELECT * FROM stages WHERE no = ?", br.Stage); err != nil {
		return 0, err
	}
	if st.Budget > 0 {
		limit(st.Budget - st.Proposed)
	}
	if st.State != string(trials.StageOpen) {
		limit(0)
	}
	if !br.Shared {
		if br.Budget > 0 {
			limit(br.Budget - br.Proposed)
		}
		return room, nil
	}
	if st.Budget == 0 {
		return room, nil
	}
	var promised int // to the other branches
	if _, err := t.scan(&promised, `SELECT COALESCE(SUM(budget - proposed), 0) FROM branches
		WHERE stage = ? AND no <> ? AND is_open AND NOT exhausted AND budget > proposed`, br.Stage, br.No); err != nil {
		return 0, err
	}
	limit(max(st.Budget-st.Proposed-promised, br.Budget-br.Proposed))
	return room, nil
}

// plural is "1 trial" or "3 trials".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
