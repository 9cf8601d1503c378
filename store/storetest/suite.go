package storetest

import "testing"

// Run tells every story to a kind of database.
func Run(t *testing.T, open Open) {
	for _, s := range []struct {
		name string
		tell func(*testing.T, Open)
	}{
		{"Lifecycle", lifecycle},
	} {
		t.Run(s.name, func(t *testing.T) { s.tell(t, open) })
	}
}
