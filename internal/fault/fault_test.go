package fault_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sweepd/sweepd/internal/fault"
)

func TestKindSurvivesWrapping(t *testing.T) {
	err := fmt.Errorf("claim: %w", fault.Stalef("attempt 3/1"))
	if got := fault.KindOf(err); got != fault.Stale {
		t.Errorf("kind %q, want stale", got)
	}
	if fault.KindOf(nil) != "" || fault.KindOf(fmt.Errorf("x")) != fault.Internal {
		t.Error("nil has no kind, a plain error is internal")
	}
}

func TestManyNamesEveryProblem(t *testing.T) {
	if fault.Many("x", nil) != nil {
		t.Error("no problems is no error")
	}
	err := fault.Many("the file has 2 problems", []fault.Problem{{Where: "a:1:2", Message: "bad"}, {Message: "worse", Hint: "do this"}})
	want := "the file has 2 problems\n  a:1:2: bad\n  worse (do this)"
	if err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

func TestNearest(t *testing.T) {
	long := strings.Repeat("x", 100_000) // a comparison with its like would take half a minute
	for _, c := range []struct{ word, want string }{{"val_los", "val_loss"}, {"LR", "lr"}, {"zzzz", ""}, {"btach_size", "batch_size"}, {"rl", "lr"}, {"", ""}, {long, ""}} {
		if got := fault.Nearest(c.word, []string{"val_loss", "lr", "batch_size", long + "y"}); got != c.want {
			t.Errorf("nearest to %q: %q, want %q", c.word, got, c.want)
		}
	}
}
