package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/sweepd/sweepd/api/client"
	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/internal/fault"
)

// progress shows a sweep as it goes: one live line on a terminal, else a line
// when something worth it happened or ten seconds have passed.
type progress struct {
	w      io.Writer
	live   bool
	width  int
	told   time.Time
	failed int         // trials that were told to have failed
	quiet  bool        // -o json: stay silent
	gone   func() bool // tells that no server has the directory; nil: it is waited for
}

// newProgress says where the sweep can be looked at, and shows it from then on.
func newProgress(e *env, page string) *progress {
	p := &progress{w: e.err, quiet: e.Output == "json"}
	if f, ok := e.err.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.live = true
		p.width, _, _ = term.GetSize(int(f.Fd()))
	}
	if !p.quiet {
		fmt.Fprintf(p.w, "Live at %s\n", page)
	}
	return p
}

const (
	every       = 10 * time.Second // how long a quiet sweep waits for its next line off a terminal
	failureRows = 5                // failed trials that get a line of their own
)

// patience is how many seconds a server may be away before its directory is
// looked at.
const patience = 5

// watch follows the change stream from a sweep as it is known until it has ended
// or was paused. A server that goes away for a while is waited for.
func (p *progress) watch(ctx context.Context, cl *client.Client, sw wire.Sweep) error {
	after := sw.Seq
	for failures := 0; ; {
		c, err := cl.Changes(ctx, sw.ID, after, 1)
		switch {
		case ctx.Err() != nil:
			return nil
		case fault.Is(err, fault.Unavailable):
			if failures++; failures >= patience && p.gone != nil && p.gone() {
				p.clear()
				return serverGone{sw.ID}
			}
			if !pause(ctx, time.Second) {
				return nil
			}
			continue
		case err != nil:
			return err
		}
		failures = 0
		after = c.Seq
		for _, d := range c.Decisions {
			p.decided(d)
		}
		if c.More {
			continue
		}
		p.show(c.Sweep)
		if c.Ended || (c.Sweep.State == wire.SweepStatePaused && c.Sweep.Counts.Live == 0) {
			p.clear()
			return nil
		}
	}
}

// decided tells what a person would want to know while waiting.
func (p *progress) decided(d wire.Decision) {
	switch d.Kind {
	case "open_stage", "ensemble", "pause":
		p.line(d.Text)
	case "finish_stage":
		if !strings.HasSuffix(d.Text, " is finished") { // the next one says so by opening
			p.line(d.Text)
		}
	case "exhaust":
		p.line(strings.TrimSpace(fmt.Sprintf("stage %s %s", d.Stage, d.Branch)) + ": " + d.Text)
	case "retry":
		p.line(fmt.Sprintf("trial %d is tried again - %s", d.Trial, d.Text))
	case "lost":
		p.line(fmt.Sprintf("trial %d: %s", d.Trial, d.Text))
	case "fail":
		if p.failed++; p.failed <= failureRows {
			p.line(fmt.Sprintf("trial %d failed: %s", d.Trial, d.Text))
		}
	}
}

// line prints a lasting line above the live one.
func (p *progress) line(text string) {
	if p.quiet {
		return
	}
	p.clear()
	fmt.Fprintln(p.w, text)
}

func (p *progress) show(sw wire.Sweep) {
	if p.quiet {
		return
	}
	text := describe(sw)
	if p.live {
		if p.width > 0 && len([]rune(text)) >= p.width {
			text = string([]rune(text)[:p.width-1])
		}
		fmt.Fprintf(p.w, "\r\033[K%s", text)
		return
	}
	if time.Since(p.told) >= every {
		p.told = time.Now()
		fmt.Fprintln(p.w, text)
	}
}

// clear takes the live line away.
func (p *progress) clear() {
	if p.live && !p.quiet {
		fmt.Fprint(p.w, "\r\033[K")
	}
}

// describe is a sweep in one line.
func describe(sw wire.Sweep) string {
	c := sw.Counts
	done := c.Created - c.Queued - c.Running
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %d/%d", sw.Name, done, max(sw.Planned, c.Created))
	for _, st := range sw.Stages {
		if st.State == wire.StageStateOpen {
			fmt.Fprintf(&b, "  %s", st.Name)
		}
	}
	for _, f := range []struct {
		n    int64
		word string
	}{{c.Running, "running"}, {c.Completed, "completed"}, {c.Stopped, "stopped early"}, {c.Failed, "failed"}} {
		if f.n > 0 {
			fmt.Fprintf(&b, "  %d %s", f.n, f.word)
		}
	}
	if sw.Best.Trial > 0 {
		fmt.Fprintf(&b, "  best %s %.5g (trial %d)", sw.Metric, float64(sw.Best.Value), sw.Best.Trial)
	}
	if sw.State == wire.SweepStatePaused {
		fmt.Fprintf(&b, "  paused: %s", sw.Why)
	}
	return b.String()
}

// pause waits, and tells whether ctx goes on.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
