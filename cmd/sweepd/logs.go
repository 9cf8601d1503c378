package main

import (
	"os"
	"os/signal"
	"syscall"
)

// logsCmd is the verb logs.
type logsCmd struct {
	Of      []string `arg:"" name:"trial" help:"SWEEP NUMBER, SWEEP/NUMBER, or a NUMBER of the last sweep."`
	Follow  bool     `help:"Go on until the trial ends." short:"f"`
	Attempt int      `help:"Number of the attempt; the newest when absent."`
	Tail    int64    `help:"Only the last so many bytes; 0: all." default:"0"`
}

// logWait is how many seconds one request waits for more output.
const logWait = 20

// logged is a log as JSON.
type logged struct {
	Text  string `json:"text"`
	Size  int64  `json:"size"` // bytes there are so far
	Ended bool   `json:"ended"`
}

// Run prints what a trial printed, byte for byte.
func (c *logsCmd) Run(e *env) error {
	id, number, err := subject(c.Of, true)
	if err != nil {
		return err
	}
	cl, err := e.client()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(e.ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	offset, wait := -c.Tail, 0
	var all logged
	for {
		part, err := cl.Log(ctx, id, number, c.Attempt, offset, wait)
		if ctx.Err() != nil {
			return nil // Ctrl-C ends the reading
		}
		if err != nil {
			return err
		}
		all.Size, all.Ended = part.Size, part.Ended
		if e.Output == "json" {
			all.Text += string(part.Bytes)
		} else if _, err := e.out.Write(part.Bytes); err != nil {
			return err
		}
		offset = part.Offset + int64(len(part.Bytes))
		if offset >= part.Size && (part.Ended || !c.Follow) {
			break
		}
		if c.Follow {
			wait = logWait
		}
	}
	if e.Output == "json" {
		return e.print(all, nil)
	}
	return nil
}
