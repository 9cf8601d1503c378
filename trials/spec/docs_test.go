package spec_test

import (
	"strings"
	"testing"

	"github.com/sweepd/sweepd/trials/spec"
)

// missing completes an example that shows some keys with the ones it needs.
func missing(example string) string {
	has := func(key string) bool {
		return strings.HasPrefix(example, key+":") || strings.Contains(example, "\n"+key+":")
	}
	if !has("command") && !has("python") {
		example = "command: [python, train.py]\n" + example
	}
	if !has("points") {
		for _, key := range []struct{ name, text string }{
			{"objective", "objective: {metric: val_loss}"},
			{"budget", "budget: {trials: 10}"},
			{"space", "space: {lr: {log: [1e-5, 1e-1]}, batch_size: {ordinal: [32, 64]}}"},
		} {
			if !has(key.name) {
				example += "\n" + key.text
			}
		}
	}
	return example
}

func TestEveryExampleOfTheManual(t *testing.T) {
	blocks := strings.Split(read(t, "../../docs/sweep-file.md"), "```yaml\n")[1:]
	if len(blocks) < 15 {
		t.Fatalf("%d examples", len(blocks))
	}
	for _, block := range blocks {
		example, _, _ := strings.Cut(block, "```")
		s, warnings, err := spec.Parse([]byte(missing(example)), spec.Options{})
		if err != nil {
			t.Errorf("%s\n%v", example, err)
			continue
		}
		for _, w := range warnings {
			t.Errorf("%s\nwarning: %v", example, w)
		}
		if _, err := spec.NewPreview(s); err != nil {
			t.Errorf("%s\n%v", example, err)
		}
	}
}
