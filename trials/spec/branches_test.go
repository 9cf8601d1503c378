package spec_test

import (
	"strings"
	"testing"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials/spec"
)

func TestItemsOfALoopMakeBranches(t *testing.T) {
	for loop, want := range map[string]string{
		"for_each: {f: [.nan]}":                             "a finite number, not .nan",
		"for_each: {f: [1, -.inf]}":                         "a finite number, not -.inf",
		"for_each: {f: [1, '1']}":                           "has the item \"1\" twice (a branch is called by its item",
		"for_each: {f: [true, \"true\"]}":                   "has the item \"true\" twice (a branch",
		"for_each: {f: [2, 2.0]}":                           "has the item 2.0 twice",
		"for_each: {f: [a, b, c]}\nbudget: {split: [3, 4]}": "5:10: budget.split has 2 shares for 3 items",
	} {
		source := "command: [p]\nobjective: {metric: loss}\nspace: {x: {uniform: [0, 1]}}\n" + loop + "\n"
		if !strings.Contains(loop, "budget") {
			source += "budget: {trials: 9}\n"
		}
		if _, _, err := spec.Parse([]byte(source), spec.Options{}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v\nwant %s", loop, err, want)
		}
	}
	if s := stage(t, "command: [p]\nspace: {x: {uniform: [0, 1]}}\nfor_each: {f: [1, 1.5, a, true]}"); len(s.ForEach.Items) != 4 {
		t.Errorf("got %v", s.ForEach.Items)
	}
}
