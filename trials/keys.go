package trials

import (
	"fmt"
	"strconv"
	"strings"
)

// Owner is how tracking names the trial a run belongs to: its internal number
// as text.
func Owner(trial int64) string { return strconv.FormatInt(trial, 10) }

// OwnerTrial undoes Owner; false for a run that belongs to no trial.
func OwnerTrial(owner string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(owner), 10, 64)
	return n, err == nil && n > 0
}

// CodeKey is where a frozen directory lies in the blob store.
func CodeKey(digest string) string { return "code/" + digest + ".tar.gz" }

// PredictionKey is where a prediction file of an attempt lies in the blob
// store. An attempt's files are its own, so that a stale one overwrites nothing.
func PredictionKey(r Ref, name string) string {
	return fmt.Sprintf("predictions/%d/%d/%s", r.Trial, r.Attempt, name)
}
