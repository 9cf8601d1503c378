package store

import "strconv"

// first is a LIMIT written out. SQLite's planner looks at the value of a LIMIT
// that is a parameter and prepares the statement anew whenever one is bound, a
// tenth of the work of a busy server; so the statements that run all the time
// have theirs in their text, of which there are few.
func first(n int) string { return " LIMIT " + strconv.Itoa(n) }
