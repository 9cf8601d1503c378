package api_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/sweepd/sweepd/api/client"
	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/scheduler"
)

const searched = `
name: lr
command: [python, train.py]
objective: {metric: loss}
space: {lr: {log: [1e-5, 1e-1]}, width: {int: [1, 64]}}
budget: {trials: 4, parallel: 2}
sampler: {algorithm: sobol, seed: 3}
`

func TestASweepIsCreatedFromYAMLTextJSONTextOrAnObject(t *testing.T) {
	s := open(t)
	object := `{"name": "lr", "command": ["python", "train.py"], "objective": {"metric": "loss"}, "space": {"width": {"int": [1, 64]}, "lr": {"log": [1e-5, 0.1]}}, "budget": {"trials": 4}}`
	text, _ := json.Marshal(wire.Submission{Source: searched})
	for _, c := range []struct{ what, kind, body string }{
		{"yaml", "application/yaml", searched},
		{"source", "application/json", string(text)},
		{"object", "application/json", `{"spec": ` + object + `}`},
	} {
		res, body := s.ask("POST", "/api/v1/sweeps", c.body, "Content-Type", c.kind)
		var sw wire.Sweep
		if err := json.Unmarshal([]byte(body), &sw); err != nil || res.StatusCode != http.StatusCreated {
			t.Fatalf("%s: %d %s", c.what, res.StatusCode, body)
		}
		if sw.Name != "lr" || sw.Planned != 4 || sw.Owner != "ann" || sw.State != wire.SweepStateRunning || sw.Spec["name"] != "lr" || sw.Source == "" {
			t.Errorf("%s: %+v", c.what, sw)
		}
	}
}

// The order of parameters is what gives each its dimension, so an object keeps
// the order in which it was written.
func TestAnObjectKeepsTheOrderOfItsKeys(t *testing.T) {
	s := open(t)
	_, body := s.ask("POST", "/api/v1/sweeps", `{"spec": {"command": ["true"], "objective": {"metric": "m"}, "space": {"b": [1, 2], "a": [1, 2]}, "budget": {"trials": 2}}}`)
	var sw wire.Sweep
	if err := json.Unmarshal([]byte(body), &sw); err != nil {
		t.Fatal(body)
	}
	if b, a := strings.Index(sw.Source, `"b"`), strings.Index(sw.Source, `"a"`); b < 0 || a < b {
		t.Errorf("the source is %s", sw.Source)
	}
}

func TestADryRunStoresNothing(t *testing.T) {
	s := open(t)
	p, err := s.admin.DryRun(t.Context(), wire.Submission{Source: searched})
	if err != nil || len(p.Stages) != 1 || p.Stages[0].Trials != 4 || len(p.Stages[0].Points) == 0 || len(p.Stages[0].Argv) == 0 {
		t.Errorf("%+v, %v", p, err)
	}
	if list, err := s.admin.Sweeps(t.Context(), wire.ListSweepsParams{}); err != nil || len(list.Sweeps) != 0 {
		t.Errorf("%d sweeps, %v", len(list.Sweeps), err)
	}
}

func TestTheSameKeyGivesTheSameSweep(t *testing.T) {
	s := open(t)
	first, err := s.admin.Submit(t.Context(), wire.Submission{Source: searched}, "monday")
	if err != nil {
		t.Fatal(err)
	}
	// Another checkout of the same is the same.
	again, err := s.admin.Submit(t.Context(), wire.Submission{Source: searched, Workdir: "/elsewhere", Interpreter: "/elsewhere/python"}, "monday")
	if err != nil || again.ID != first.ID {
		t.Errorf("%s, then %s, %v", first.ID, again.ID, err)
	}
	for _, other := range []wire.Submission{
		{Source: searched, Set: []string{"budget.parallel=7"}},
		{Source: searched, Smoke: true},
	} {
		if _, err := s.admin.Submit(t.Context(), other, "monday"); kind(err) != "conflict idempotency_key_reused" {
			t.Errorf("%+v under the same key: %v", other, err)
		}
	}
	digest, body := packed(t)
	if err := s.admin.PutCode(t.Context(), digest, bytes.NewReader(body)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.admin.Submit(t.Context(), wire.Submission{Source: searched, Code: digest}, "monday"); kind(err) != "conflict idempotency_key_reused" {
		t.Errorf("other code under the same key: %s", kind(err))
	}
	drawn := strings.Replace(searched, ", seed: 3", "", 1)
	one, err := s.admin.Submit(t.Context(), wire.Submission{Source: drawn}, "tuesday")
	if err != nil {
		t.Fatal(err)
	}
	if two, err := s.admin.Submit(t.Context(), wire.Submission{Source: drawn}, "tuesday"); err != nil || two.ID != one.ID {
		t.Errorf("without a seed: %s, then %s, %v", one.ID, two.ID, err)
	}
	if _, err := s.admin.Submit(t.Context(), wire.Submission{Source: pointsOf(1, "")}, "monday"); kind(err) != "conflict idempotency_key_reused" {
		t.Errorf("another file under the same key: %s", kind(err))
	}
}

func TestFilesComeWithTheSubmission(t *testing.T) {
	s := open(t)
	const source = "command: [python, train.py]\npoints: grid.csv\n"
	sw, err := s.admin.Submit(t.Context(), wire.Submission{Source: source, Files: map[string]string{"grid.csv": "lr,depth\n0.1,3\n0.2,4\n"}}, "")
	if err != nil || sw.Planned != 2 {
		t.Errorf("planned %d, %v", sw.Planned, err)
	}
	body, _ := json.Marshal(wire.Submission{Source: source})
	s.refused(422, "invalid", []string{"grid.csv", "sweep.yaml:2"}, "POST", "/api/v1/sweeps", string(body))
}

func TestABadFileNamesEveryPlace(t *testing.T) {
	s := open(t)
	bad := strings.NewReplacer("trials: 4", "trails: 4", "1e-5", "-1").Replace(searched)
	s.refused(422, "invalid", []string{"sweep.yaml:6:", "did you mean trials?", "sweep.yaml:5:"}, "POST", "/api/v1/sweeps", bad, "Content-Type", "application/yaml")
	s.refused(422, "invalid", nil, "POST", "/api/v1/sweeps", "a: [", "Content-Type", "application/yaml")
	s.refused(422, "invalid", []string{"/source"}, "POST", "/api/v1/sweeps", `{"source": " "}`)
	s.refused(422, "invalid", []string{"/spec"}, "POST", "/api/v1/sweeps", `{"source": "a: 1", "spec": {"a": 1}}`)
	s.refused(422, "invalid", []string{"/workdir", "absolute"}, "POST", "/api/v1/sweeps", `{"source": "a: 1", "workdir": "here"}`)
	digest := strings.Repeat("ab", 32)
	body, _ := json.Marshal(wire.Submission{Source: searched, Code: digest})
	s.refused(422, "invalid", []string{"/code", "PUT /api/v1/code/" + digest}, "POST", "/api/v1/sweeps", string(body))
}

func TestRequestsAreHeldAgainstTheAPI(t *testing.T) {
	s := open(t)
	sw := s.submit(searched)
	s.refused(422, "invalid", []string{"/sources", "did you mean source?"}, "POST", "/api/v1/sweeps", `{"sources": "a"}`)
	s.refused(422, "invalid", []string{"/set/0"}, "POST", "/api/v1/sweeps", `{"source": "a: 1", "set": [7]}`)
	s.refused(422, "invalid", []string{"query parameter limit"}, "GET", "/api/v1/sweeps?limit=0", "")
	s.refused(422, "invalid", []string{"query parameter limit"}, "GET", "/api/v1/sweeps/"+sw.ID+"/trials?limit=ten", "")
	s.refused(422, "invalid", []string{"query parameter state"}, "GET", "/api/v1/sweeps?state=gone", "")
	s.refused(422, "invalid", []string{"path parameter number"}, "GET", "/api/v1/sweeps/"+sw.ID+"/trials/zero", "")
	s.refused(422, "invalid", []string{"/parallel"}, "PATCH", "/api/v1/sweeps/"+sw.ID, `{"parallel": -1}`)
	s.refused(422, "invalid", []string{"/priority"}, "PATCH", "/api/v1/sweeps/"+sw.ID, `{"priority": "high"}`)
	s.refused(422, "invalid", []string{"JSON"}, "PATCH", "/api/v1/sweeps/"+sw.ID, `{"priority": `)
	s.refused(422, "invalid", []string{"body"}, "PATCH", "/api/v1/sweeps/"+sw.ID, "")
}

func TestSweepsAreListedNewestFirst(t *testing.T) {
	s := open(t)
	var ids []string
	for _, name := range []string{"alpha", "beta", "gamma"} {
		ids = append(ids, s.submit(strings.Replace(searched, "name: lr", "name: "+name, 1)).ID)
	}
	first, err := s.admin.Sweeps(t.Context(), wire.ListSweepsParams{Limit: 2})
	if err != nil || len(first.Sweeps) != 2 || first.Sweeps[0].ID != ids[2] || len(first.Sweeps[0].Stages) != 1 || first.Sweeps[0].Spec != nil {
		t.Fatalf("%+v, %v", first, err)
	}
	rest, err := s.admin.Sweeps(t.Context(), wire.ListSweepsParams{Limit: 2, Page: first.Next})
	if err != nil || len(rest.Sweeps) != 1 || rest.Sweeps[0].ID != ids[0] || rest.Next != "" {
		t.Errorf("%+v, %v", rest, err)
	}
	if named, err := s.admin.Sweeps(t.Context(), wire.ListSweepsParams{Name: "ET"}); err != nil || len(named.Sweeps) != 1 || named.Sweeps[0].Name != "beta" {
		t.Errorf("%+v, %v", named, err)
	}
	s.refused(422, "bad_page_key", []string{"page key"}, "GET", "/api/v1/sweeps?page=!", "")
}

func TestASweepIsFoundByIDPrefixOrLast(t *testing.T) {
	s := open(t)
	sw := s.submit(searched)
	for _, id := range []string{sw.ID, sw.ID[:5], "@last"} {
		if got, err := s.admin.Sweep(t.Context(), id); err != nil || got.ID != sw.ID || got.Source == "" || got.Spec == nil {
			t.Errorf("%s: %+v, %v", id, got, err)
		}
	}
	near := sw.ID[:len(sw.ID)-1] + "!"
	s.refused(404, "not_found", []string{near, "did you mean " + sw.ID}, "GET", "/api/v1/sweeps/"+near, "")
}

func TestOrdersToASweep(t *testing.T) {
	s := open(t)
	sw := s.submit(searched)
	order := func(o client.Order, body wire.Order, want wire.SweepState) {
		t.Helper()
		got, err := s.admin.Command(t.Context(), sw.ID, o, body)
		if err != nil || got.State != want || len(got.Stages) == 0 {
			t.Fatalf("%s: %s, %v, want %s", o, got.State, err, want)
		}
	}
	order(client.Pause, wire.Order{Why: "lunch"}, wire.SweepStatePaused)
	if got, err := s.admin.Sweep(t.Context(), sw.ID); err != nil || !strings.Contains(got.Why, "lunch") {
		t.Errorf("the reason of the pause is %q, %v", got.Why, err)
	}
	order(client.Resume, wire.Order{}, wire.SweepStateRunning)

	priority, parallel := int64(7), int64(9)
	got, err := s.admin.Edit(t.Context(), sw.ID, wire.SweepEdit{Priority: &priority, Parallel: &parallel})
	if err != nil || got.Priority != 7 || got.Parallel != 9 {
		t.Errorf("priority %d, parallel %d, %v", got.Priority, got.Parallel, err)
	}

	h := s.hello("w1", 4)
	ls := h.claim(2).Leases
	if len(ls) != 2 {
		t.Fatalf("%d leases", len(ls))
	}
	h.settle("ok", ls[0], failedOutcome())
	s.until(sw.ID, "a failure", func(sw wire.Sweep) bool { return sw.Counts.Failed == 1 })
	order(client.Retry, wire.Order{Trials: []int64{int64(ls[0].Number)}}, wire.SweepStateRunning)
	if tr, err := s.admin.Trial(t.Context(), sw.ID, ls[0].Number); err != nil || tr.State != wire.TrialStateQueued {
		t.Errorf("after a retry: %s, %v", tr.State, err)
	}
	order(client.Cancel, wire.Order{Trials: []int64{int64(ls[0].Number)}}, wire.SweepStateRunning)
	order(client.Cancel, wire.Order{Why: "enough"}, wire.SweepStateCancelled)

	if _, err := s.admin.Command(t.Context(), sw.ID, client.Pause, wire.Order{}); !strings.HasPrefix(kind(err), "conflict") {
		t.Errorf("pausing a cancelled sweep: %s", kind(err))
	}
	ds, err := s.admin.Decisions(t.Context(), sw.ID, 0, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]string{}
	for _, d := range ds.Decisions {
		by[d.Kind] = d.Actor
	}
	for _, k := range []scheduler.CommandKind{scheduler.CommandPause, scheduler.CommandResume, scheduler.CommandCancel} {
		if by[string(k)] != "ann" {
			t.Errorf("%s was asked by %q, want ann: %v", k, by[string(k)], by)
		}
	}
	// A cancel whose answer was lost comes again.
	if _, err := s.admin.Command(t.Context(), sw.ID, client.Cancel, wire.Order{}); err != nil {
		t.Errorf("cancelled again: %v", err)
	}
	if again, err := s.admin.Decisions(t.Context(), sw.ID, 0, 0, 100); err != nil || len(again.Decisions) != len(ds.Decisions) {
		t.Errorf("%d decisions, want %d, %v", len(again.Decisions), len(ds.Decisions), err)
	}
	// An order without a body is an order without a reason.
	s.refused(409, "sweep_ended", []string{"cancelled already"}, "POST", "/api/v1/sweeps/"+sw.ID+"/pause", "")
	s.refused(404, "not_found", nil, "POST", "/api/v1/sweeps/s-nothere/pause", "")
}
