package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/sweepd/sweepd/internal/fault"
)

// converse sends lines and gives the answers.
func converse(t *testing.T, lines ...string) []string {
	t.Helper()
	var out bytes.Buffer
	if err := askTell(context.Background(), strings.NewReader(strings.Join(lines, "\n")+"\n"), &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

func TestAskTell(t *testing.T) {
	talk := []struct{ line, answer string }{
		{`{"ask": 2}`, `{"trials":[{"id":1,"params":{"lr":0.001,"opt":"adam"},"by":"init"`},
		{`{"tell": {"id": 1, "value": 0.5}}`, `{}`},
		{`{"tell": {"id": 1, "value": 0.5, "cost": 3, "noise": 0.1}}`, `{}`},
		{`{"tell": {"id": 1, "value": 0.6}}`, `{"error":{"code":"told","message":"trial 1 was told before, and something else","hint":"a result stands; ask for a new trial"}}`},
		{`{"tell": {"id": 2, "value": NaN}}`, `{}`},
		{`{"tell": {"id": 2, "failed": true}}`, `{}`},
		{`{"tell": {"params": {"lr": 0.01, "opt": "sgd", "momentum": 0.9}, "values": {"y": 0.25}}}`, `{}`},
		{`{"tell": {"params": {"lr": 7, "opt": "sgd"}, "value": 0.25}}`, `{"error":{"code":"point","message":"the point does not fit the space","problems":[{"where":"lr","message":"7 is outside [1e-05, 0.1]"},{"where":"momentum","message":"is missing"}]}}`},
		{`{"tell": {"value": 1}}`, `{"error":{"code":"tell","message":"tell names a trial by id, or a point from elsewhere by params"`},
		{`{"best": 1}`, `{"trials":[{"id":0,"params":{"lr":0.01,"momentum":0.9,"opt":"sgd"},"by":"outside","value":0.25}]}`},
		{`{"ask": 0}`, `{"error":{"code":"ask"`},
		{`{"aks": 1}`, `{"error":{"code":"json"`},
		{`no json`, `{"error":{"code":"json"`},
		{`{}`, `{"error":{"code":"request","message":"the line asks for nothing"`},
		{`{"ask": 1}`, `{"trials":[{"id":3,`},
		{`{"drop": 3}`, `{}`},
		{`{"report": {"id": 3, "resource": 1, "value": 0.4}}`, `{"error":{"code":"ended"`},
		{`{"tell": {"id": 9, "value": 1}}`, `{"error":{"code":"trial","message":"there is no trial 9","hint":"ids are those that ask gave, 3 so far"}}`},
	}
	lines := []string{`{"space": {"params": {"lr": {"type": "float", "range": [1e-5, 0.1], "scale": "log"}, "opt": ["adam", "sgd"], "momentum": {"type": "float", "range": [0, 1], "when": "opt == 'sgd'"}}}, "objectives": [{"metric": "y", "goal": "minimize"}], "seed": 3, "budget": {"trials": 20}}`}
	for _, c := range talk {
		lines = append(lines, c.line)
	}
	for i, got := range converse(t, lines...) {
		if !strings.HasPrefix(got, talk[i].answer) {
			t.Errorf("%s\nwas answered %s\nwant        %s", talk[i].line, got, talk[i].answer)
		}
	}
}

func TestAskTellStops(t *testing.T) {
	got := converse(t,
		`{"space": {"x": {"uniform": [0, 1]}}, "early_stop": {"algorithm": "asha", "max": 9}, "objectives": [{"metric": "acc", "goal": "maximize"}]}`,
		`{"ask": 3}`,
		`{"report": {"id": 1, "resource": 1, "value": 0.9}}`,
		`{"report": {"id": 2, "resource": 1, "value": 0.5}}`,
		`{"report": {"id": 1, "resource": 2, "value": 0.9}}`,
		`{"report": {"id": 2, "resource": 2, "value": 0.5}}`,
	)
	if want := `{"stop":true,"why":"stopped early at 1: rank 2 of 2, cut 0.9, has 0.5"}`; got[len(got)-1] != want {
		t.Errorf("answers\n%s\nwant %s last", strings.Join(got, "\n"), want)
	}
}

func TestAskTellRefusesABadFirstLine(t *testing.T) {
	for line, want := range map[string]string{
		`{}`: "no space", `{"spce": {}}`: "spce", `{"space": {"x": {"uniform": [1, 0]}}}`: `"where":"space, character `,
		`{"space": {"x": [1, 2]}, "sampler": "tpee"}`:                                "tpe",
		`{"space": {"x": [1, 2]}, "objectives": [{"metric": "a"}, {"metric": "b"}]}`: "2 objectives",
	} {
		var out bytes.Buffer
		err := askTell(context.Background(), strings.NewReader(line+"\n"), &out)
		if err == nil || fault.Of(err) == nil || fault.Of(err).Kind != fault.Invalid {
			t.Errorf("%s: %v", line, err)
		}
		var answer struct{ Error struct{ Message string } }
		if json.Unmarshal(out.Bytes(), &answer) != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%s: answered %s, want %q in it", line, out.String(), want)
		}
	}
}

func TestAskTellIsTheSameForTheSameSeed(t *testing.T) {
	run := func(seed int) string {
		lines := []string{fmt.Sprintf(`{"space": {"x": {"uniform": [0, 1]}, "c": ["a", "b", "d"]}, "seed": %d}`, seed)}
		for id := 1; id <= 12; id++ {
			lines = append(lines, `{"ask": 1}`, fmt.Sprintf(`{"tell": {"id": %d, "value": %d}}`, id, (id*7)%5))
		}
		return strings.Join(converse(t, lines...), "\n")
	}
	first, again, other := run(1), run(1), run(2)
	if first != again || first == other {
		t.Error("a seed does not decide about the proposals, or alone does not")
	}
}

// The manual shows a talk: lines in with >, answers out with <, cut off where they
// end in dots.
func TestTheTalkInTheManual(t *testing.T) {
	text, err := os.ReadFile("../../docs/ask-tell.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(text), "```text\n")
	block, _, _ = strings.Cut(block, "```")
	var in, out []string
	for line := range strings.Lines(block) {
		line = strings.TrimSuffix(line, "\n")
		if rest, ok := strings.CutPrefix(line, "> "); ok {
			in = append(in, rest)
		} else if rest, ok := strings.CutPrefix(line, "< "); ok {
			out = append(out, rest)
		}
	}
	got := converse(t, in...)
	if len(got) != len(out) || len(out) < 5 {
		t.Fatalf("%d answers, the manual has %d", len(got), len(out))
	}
	for i := range out {
		want, cut := strings.CutSuffix(out[i], "...")
		if got[i] != want && !(cut && strings.HasPrefix(got[i], want)) {
			t.Errorf("answered %s\nthe manual has %s", got[i], out[i])
		}
	}
}
