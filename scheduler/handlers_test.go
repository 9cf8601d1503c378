package scheduler_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

type specStage = spec.Stage

// handler carries out one command of a script: words after its name, lines
// below it.
type handler func(s *scene, words []string, rest string) (string, error)

var handlers = map[string]handler{
	"submit": submit, "hello": hello, "claim": claim, "report": report, "settle": settle, "beat": beat,
	"pass": pass, "reap": reap, "trials": listTrials, "sweep": showSweep, "stages": listStages, "log": listLog,
	"pause": command(scheduler.CommandPause), "resume": command(scheduler.CommandResume),
	"cancel": command(scheduler.CommandCancel), "retry": command(scheduler.CommandRetry),
	"drain": drain, "work": work, "restart": restart,
}

// submit takes a sweep file.
func submit(s *scene, _ []string, rest string) (string, error) {
	sp, _, err := spec.Parse([]byte(rest), spec.Options{
		Seed: func() uint64 { return 7 }, Dir: s.t.TempDir(),
		ReadFile: func(string) ([]byte, error) { return []byte("0"), nil },
	})
	if err != nil {
		return "", err
	}
	sw, err := s.sch.Submit(s.ctx, &trials.Sweep{Name: sp.Name, Source: rest, Spec: sp}, "")
	if err != nil {
		return "", err
	}
	s.sweep = sw
	return showSweep(s, nil, "")
}

// work WORKER slots=N by=PARAM VALUE=LOSS... [until=N] claims and settles until there is no
// work, each trial with the objective that belongs to its value of PARAM.
func work(s *scene, words []string, _ string) (string, error) {
	n, until := 0, atoi(s, option(words, "until", "100000"))
	for {
		if n >= until {
			return fmt.Sprintf("%d trials", n), nil
		}
		s.asks++
		got, err := s.sch.Claim(s.ctx, trials.Claim{
			Worker: words[0], ClaimID: strconv.Itoa(s.asks), Slots: atoi(s, option(words, "slots", "1")), CPU: 64,
		})
		if err != nil || len(got.Leases) == 0 {
			return fmt.Sprintf("%d trials", n), err
		}
		for _, l := range got.Leases {
			n++
			value, err := strconv.ParseFloat(option(words, fmt.Sprint(l.Task.Params[option(words, "by", "")]), "NaN"), 64)
			if err != nil {
				return "", err
			}
			o := trials.Outcome{Verdict: trials.Succeeded, Seconds: 1, Result: map[string]float64{l.Task.Objective: value}}
			if _, err := s.sch.Settle(s.ctx, words[0], []trials.Settlement{{Ref: l.Ref, Outcome: o}}); err != nil {
				return "", err
			}
			if _, err := s.sch.Step(s.ctx, s.sweep.No); err != nil {
				return "", err
			}
		}
	}
}

// hello NAME slots=N
func hello(s *scene, words []string, _ string) (string, error) {
	terms, err := s.sch.Hello(s.ctx, trials.Worker{
		ID: words[0], Host: "h", Slots: atoi(s, option(words, "slots", "1")), CPU: 64, Started: s.clock.Now(),
	})
	return "ttl " + terms.TTL.String(), err
}

// claim NAME slots=N id=CLAIM [argv]
func claim(s *scene, words []string, _ string) (string, error) {
	s.asks++
	got, err := s.sch.Claim(s.ctx, trials.Claim{
		Worker: words[0], ClaimID: option(words, "id", strconv.Itoa(s.asks)), Slots: atoi(s, option(words, "slots", "1")), CPU: 64,
	})
	if err != nil {
		return "", err
	}
	var out []string
	for _, l := range got.Leases {
		name := fmt.Sprintf("%d/%d", l.Number, l.Attempt)
		s.held[name] = l
		line := fmt.Sprintf("%s good %s", name, l.Good)
		if slices.Contains(words, "argv") {
			line += " " + strings.Join(l.Task.Argv[1:], " ")
		}
		out = append(out, line)
	}
	if got.Drain {
		out = append(out, "drain")
	}
	if len(out) == 0 {
		return "nothing", nil
	}
	return strings.Join(out, "\n"), nil
}

// report T/A step=N METRIC=VALUE
func report(s *scene, words []string, _ string) (string, error) {
	l, ok := s.held[words[0]]
	if !ok {
		return "", fmt.Errorf("%s was never claimed", words[0])
	}
	step := int64(atoi(s, option(words, "step", "0")))
	for _, w := range words[1:] {
		key, text, _ := strings.Cut(w, "=")
		if key == "step" {
			continue
		}
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return "", err
		}
		if err := s.logs(l, key, step, v); err != nil {
			return "", brief(err)
		}
	}
	if _, err := s.sch.Step(s.ctx, s.sweep.No); err != nil {
		return "", err
	}
	if stop, why := s.sch.Stopping(l.Ref); stop {
		return "stop: " + why, nil
	}
	return "", nil
}

// settle WORKER T/A VERDICT [class=C] [print=F] [METRIC=VALUE...], the rest of
// the block is the message.
func settle(s *scene, words []string, rest string) (string, error) {
	l, ok := s.held[words[1]]
	if !ok {
		return "", fmt.Errorf("%s was never claimed", words[1])
	}
	o := trials.Outcome{Verdict: trials.Verdict(words[2]), Seconds: 1}
	for _, w := range words[3:] {
		key, text, _ := strings.Cut(w, "=")
		switch key {
		case "class":
			o.Failure = &trials.Failure{Class: trials.Class(text), Message: strings.TrimSpace(rest), Fingerprint: option(words, "print", text)}
		case "print":
		default:
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return "", err
			}
			if o.Result == nil {
				o.Result = map[string]float64{}
			}
			o.Result[key] = v
		}
	}
	got, err := s.sch.Settle(s.ctx, words[0], []trials.Settlement{{Ref: l.Ref, Outcome: o}})
	if err != nil {
		return "", err
	}
	return string(got[0]), nil
}

// beat WORKER T/A...
func beat(s *scene, words []string, _ string) (string, error) {
	b := trials.Beat{Worker: words[0]}
	for _, name := range words[1:] {
		b.Held = append(b.Held, s.held[name].Ref)
	}
	got, err := s.sch.Beat(s.ctx, b)
	if err != nil {
		return "", err
	}
	var out []string
	for i, g := range got.Signals {
		line := words[1+i]
		switch {
		case g.Stale:
			line += " stale"
		case g.Cancel:
			line += " cancel: " + g.Reason
		case g.Stop:
			line += " stop: " + g.Reason
		default:
			line += " good " + g.Good.String()
		}
		out = append(out, line)
	}
	if got.Drain {
		out = append(out, "drain")
	}
	return strings.Join(out, "\n"), nil
}

// pass DURATION lets time go by and leases end.
func pass(s *scene, words []string, _ string) (string, error) {
	d, err := time.ParseDuration(words[0])
	if err != nil {
		return "", err
	}
	s.clock.pass(d)
	s.sch.Reap(s.ctx)
	return "", nil
}

func reap(s *scene, _ []string, _ string) (string, error) {
	s.sch.Reap(s.ctx)
	return "", nil
}

func drain(s *scene, words []string, _ string) (string, error) {
	return "", s.sch.Drain(s.ctx, words[0], true)
}

// restart forgets all that the scheduler has in memory.
func restart(s *scene, _ []string, _ string) (string, error) {
	s.sch = s.scheduler()
	return "", nil
}

// rows is all there is of the sweep.
func (s *scene) rows() (*scheduler.Changes, error) { return s.db.Changes(s.ctx, s.sweep.No, 0, 1<<20) }

func showSweep(s *scene, _ []string, _ string) (string, error) {
	rows, err := s.rows()
	if err != nil {
		return "", err
	}
	sw, c := rows.Sweep, rows.Sweep.Counts
	line := fmt.Sprintf("%s: %d created, %d queued, %d running, %d completed, %d stopped, %d failed, %d cancelled",
		sw.State, c.Created, c.Queued, c.Running, c.Completed, c.Stopped, c.Failed, c.Cancelled)
	if sw.Best != nil {
		line += fmt.Sprintf("; best %g of trial %d", sw.Best.Value, sw.Best.Trial)
	}
	if sw.Why != "" {
		line += "; " + sw.WhyCode + ": " + sw.Why
	}
	return line, nil
}

func listStages(s *scene, _ []string, _ string) (string, error) {
	rows, err := s.rows()
	if err != nil {
		return "", err
	}
	var out []string
	for _, st := range rows.Stages {
		line := fmt.Sprintf("%s %s %d of %d", st.Name, st.State, st.Proposed, st.Budget)
		if st.Why != "" {
			line += ": " + st.Why
		}
		out = append(out, line)
		for _, b := range rows.Branches {
			if b.Stage == st.No && b.Name != "" {
				out = append(out, fmt.Sprintf("  %s %d, at least %d, exhausted %v", b.Name, b.Proposed, b.Budget, b.Exhausted))
			}
		}
	}
	return strings.Join(out, "\n"), nil
}

// trials [WORD...] lists number, state, attempts, and the columns named.
func listTrials(s *scene, words []string, _ string) (string, error) {
	rows, err := s.rows()
	if err != nil {
		return "", err
	}
	var out []string
	for _, t := range rows.Trials {
		line := fmt.Sprintf("%d %s, %d attempts", t.Number, t.State, t.Attempts)
		if t.Value != nil {
			line += fmt.Sprintf(", value %g", *t.Value)
		}
		for _, w := range words {
			line += fmt.Sprintf(", %s %v", w, t.Column(w))
		}
		if t.Reason != "" {
			line += ": " + t.Reason
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n"), nil
}

// log [KIND...] lists decisions.
func listLog(s *scene, words []string, _ string) (string, error) {
	rows, err := s.rows()
	if err != nil {
		return "", err
	}
	var out []string
	for _, d := range rows.Decisions {
		if len(words) == 0 || slices.Contains(words, d.Kind) {
			line := d.Actor + " " + d.Kind
			if d.Trial > 0 {
				line += fmt.Sprintf(" %d", d.Trial)
			}
			out = append(out, line+": "+d.Text)
		}
	}
	return strings.Join(out, "\n"), nil
}

// command makes the handler of a person's order: KIND [TRIAL...]
func command(kind scheduler.CommandKind) handler {
	return func(s *scene, words []string, rest string) (string, error) {
		c := scheduler.Command{Kind: kind, Actor: "anna", Why: strings.TrimSpace(rest)}
		for _, w := range words {
			c.Trials = append(c.Trials, atoi(s, w))
		}
		_, err := s.sch.Command(s.ctx, s.sweep.No, c)
		return "", err
	}
}

// brief is an error without its details.
func brief(err error) error {
	if f := fault.Of(err); f != nil {
		return errors.New(string(f.Kind))
	}
	return err
}
