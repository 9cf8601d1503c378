package scheduler_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/store"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
)

var rewrite = flag.Bool("rewrite", false, "write what scripts answer into testdata")

// TestScripts runs testdata/*.txt: a command, "----", what it answers. The store
// is the real one on SQLite; the clock belongs to the script. After each command
// the sweep is looked at until there is nothing to do; what was decided is
// answered as "> action". At the end of each script a scheduler that starts
// anew must see the sweep as the one that lived through it, and its samplers must
// propose the same.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := newScene(t)
			got := s.run(string(text))
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if d := cmp.Diff(string(text), got); d != "" {
				t.Errorf("%s (-want +got):\n%s\nrun with -rewrite to accept", file, d)
			}
			s.rebuilt()
		})
	}
}

// scene is a store, a scheduler and a clock.
type scene struct {
	t     *testing.T
	ctx   context.Context
	clock *clock
	db    *store.DB
	sch   *scheduler.Scheduler
	sweep *trials.Sweep
	held  map[string]trials.Lease // by "trial/attempt"
	asks  int                     // claims made
}

// clock is a time that stands still until it is told to go on.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{t: t, ctx: t.Context(), clock: &clock{now: time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)}, held: map[string]trials.Lease{}}
	db, err := store.Open(s.ctx, store.Options{DSN: filepath.Join(t.TempDir(), "sweepd.db"), Now: s.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Migrate(s.ctx); err != nil {
		t.Fatal(err)
	}
	s.db = db
	s.sch = s.scheduler()
	db.OnChange = func(sweeps ...int64) { s.sch.Wake(sweeps...) }
	return s
}

func (s *scene) scheduler() *scheduler.Scheduler {
	return scheduler.New(s.db, scheduler.Options{Now: s.clock.Now, ServerID: "test", Assemble: assembler{}})
}

// run carries a script out and gives it with the answers that came.
func (s *scene) run(text string) string {
	var out strings.Builder
	for _, block := range strings.Split(strings.TrimRight(text, "\n"), "\n\n") {
		if strings.HasPrefix(block, "#") {
			out.WriteString(block + "\n\n")
			continue
		}
		command, _, _ := strings.Cut(block, "\n----")
		answer := s.do(command)
		out.WriteString(command + "\n----\n")
		if answer != "" {
			out.WriteString(answer + "\n")
		}
		out.WriteString("\n")
	}
	return strings.TrimRight(out.String(), "\n") + "\n"
}

// do carries one command out: its own answer, then what was decided.
func (s *scene) do(command string) string {
	first, rest, _ := strings.Cut(command, "\n")
	words := strings.Fields(first)
	h := handlers[words[0]]
	if h == nil {
		s.t.Fatalf("no command %q", words[0])
	}
	if s.sweep == nil && words[0] != "submit" && words[0] != "hello" {
		return "no sweep"
	}
	var lines []string
	answer, err := h(s, words[1:], rest)
	if answer != "" {
		lines = append(lines, strings.TrimRight(answer, "\n"))
	}
	if err != nil {
		lines = append(lines, "error: "+err.Error())
	}
	if s.sweep != nil {
		actions, err := s.sch.Step(s.ctx, s.sweep.No)
		for _, a := range actions {
			lines = append(lines, "> "+a.String())
		}
		if err != nil {
			lines = append(lines, "step: "+err.Error())
		}
	}
	return strings.Join(lines, "\n")
}

// rebuilt checks that a scheduler which starts now sees what the old one saw.
func (s *scene) rebuilt() {
	s.t.Helper()
	if s.sweep == nil {
		return
	}
	second := s.scheduler()
	live, err := scheduler.ViewOf(s.ctx, s.sch, s.sweep.No)
	if err != nil {
		s.t.Fatal(err)
	}
	anew, err := scheduler.ViewOf(s.ctx, second, s.sweep.No)
	if err != nil {
		s.t.Fatal(err)
	}
	next, err := scheduler.Proposals(s.ctx, s.sch, s.sweep.No, 3)
	if err != nil {
		s.t.Fatal(err)
	}
	nextAnew, err := scheduler.Proposals(s.ctx, second, s.sweep.No, 3)
	if err != nil {
		s.t.Fatal(err)
	}
	if d := cmp.Diff(next, nextAnew); d != "" {
		s.t.Errorf("a rebuilt sampler proposes something else (-live +rebuilt):\n%s", d)
	}
	// Slots are what a server has seen of workers, which is no matter of rows.
	for i := range anew.Stages {
		anew.Stages[i].Slots = live.Stages[i].Slots
	}
	if d := cmp.Diff(live, anew, cmp.FilterPath(isFunc, cmp.Ignore())); d != "" {
		s.t.Errorf("a rebuilt board differs (-live +rebuilt):\n%s", d)
	}
}

func isFunc(p cmp.Path) bool {
	return p.Last().Type() != nil && p.Last().Type().Kind().String() == "func"
}

// assembler gives an ensemble of the first member alone: scripts are about when
// one is built. The real part has its own tests.
type assembler struct{}

func (assembler) Build(_ context.Context, _ trials.Sweep, st specStage, members []trials.Trial) (trials.Ensemble, error) {
	if len(members) == 0 {
		return trials.Ensemble{}, fmt.Errorf("no members")
	}
	return trials.Ensemble{Metric: st.Ensemble.Metric, Split: st.Ensemble.Split, Members: []trials.EnsembleMember{{Trial: members[0].Number, Weight: 1}}}, nil
}

// logs writes points of a metric on an attempt's run.
func (s *scene) logs(l trials.Lease, key string, step int64, value float64) error {
	by := tracking.Author{Owner: trials.Owner(l.Trial), Attempt: l.Attempt}
	return s.db.LogBatch(s.ctx, by, l.Run, tracking.Batch{Metrics: []tracking.Metric{
		{Key: key, Step: step, Value: value, Time: s.clock.Now().UnixMilli()},
	}})
}

// option reads k=v among words.
func option(words []string, key, otherwise string) string {
	for _, w := range words {
		if v, ok := strings.CutPrefix(w, key+"="); ok {
			return v
		}
	}
	return otherwise
}

func atoi(s *scene, text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}
