package worker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/worker/shim"
)

const (
	warmLimit  = 2 * time.Minute  // how long a fork server may import
	startLimit = 30 * time.Second // how long a shim or its fork server may take to start a process
)

// launch starts the job: forked from a fork server where it can be, else as a
// process of its own. Why it could not be forked is remembered for the key and
// said in the trial's output.
func (a *attempt) launch(k *keeper, job *job) error {
	if job.key != "" {
		why := a.w.whyCold(job.key)
		if why == "" {
			started, reason, err := a.fork(k, job)
			if started || err != nil {
				return err
			}
			why = reason
			a.w.makeCold(job.key, why)
		}
		a.note("started as a process of its own, not forked: " + why)
	}
	if job.call != "" {
		if err := os.WriteFile(job.call, job.plan.Tell, 0o600); err != nil {
			return fmt.Errorf("write the call: %w", err)
		}
	}
	e, err := a.begin(k, shim.Run, job)
	if err != nil {
		return err
	}
	if e.Kind == shim.Refused {
		return unstartable(job, e)
	}
	return nil
}

// fork has the keeper's fork server start the job, starting the server first
// when it is another's. reason says why it would not.
func (a *attempt) fork(k *keeper, job *job) (started bool, reason string, err error) {
	for range 2 { // a fork server that died while it was idle is started again
		if k.key != job.key {
			ctx, cancel := context.WithTimeout(a.ctx, warmLimit)
			k.key = ""
			empty(job.warm.Output, maxRunners)
			k.order(shim.Order{Op: shim.Warm, Plan: &job.warm})
			e, err := a.await(ctx, k, shim.Ready)
			cancel()
			if err != nil {
				if a.ctx.Err() == nil {
					a.w.makeCold(job.key, err.Error()) // the next attempt does not wait for it
				}
				return false, "", err
			}
			if e.Kind != shim.Ready {
				return false, e.Why, nil
			}
			k.key = job.key
		}
		e, err := a.begin(k, shim.Fork, job)
		if err != nil {
			return false, "", err
		}
		if e.Kind == shim.Started {
			return true, "", nil
		}
		alive := k.key != "" && e.Why != "there is no fork server"
		reason, k.key = e.Why, "" // one that refuses is ended by its keeper
		if alive {
			return false, reason, nil
		}
	}
	return false, reason, nil
}

// begin orders the attempt's process and waits for it, whatever is asked of the
// attempt meanwhile: it is there in a moment, and a shim that says nothing is
// given up. When the lease has run out while the start was prepared nothing is
// started: another worker may have the trial.
func (a *attempt) begin(k *keeper, op shim.Op, job *job) (shim.Event, error) {
	a.mu.Lock()
	over := a.stale || !a.w.cfg.Now().Before(a.good.Add(-fenceOf(a.w.leaseTTL())))
	a.mu.Unlock()
	if over {
		return shim.Event{}, fault.Unavailablef("the lease ended before the trial could be started")
	}
	k.order(shim.Order{Op: op, Plan: &job.plan})
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	return a.await(ctx, k, shim.Started)
}

// await waits for one kind of event, or for what takes its place.
func (a *attempt) await(ctx context.Context, k *keeper, kind shim.Kind) (shim.Event, error) {
	for {
		select {
		case e, ok := <-k.events:
			switch {
			case !ok:
				return e, fault.Unavailablef("the shim of the attempt died before it started")
			case e.Kind == shim.Cold:
				k.key = ""
				if kind == shim.Ready {
					return e, nil
				}
			case e.Kind == kind || e.Kind == shim.Refused:
				return e, nil
			}
		case <-ctx.Done():
			if kind == shim.Started {
				return shim.Event{}, fault.Unavailablef("the shim of the attempt started no process in %v", startLimit)
			}
			if a.ctx.Err() == nil {
				return shim.Event{}, fault.Unavailablef("the fork server has not imported its modules in %v", warmLimit)
			}
			return shim.Event{}, ctx.Err()
		}
	}
}

// note adds a line to the trial's output.
func (a *attempt) note(text string) {
	f, err := os.OpenFile(a.own("output.log"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return
	}
	defer f.Close()
	fmt.Fprintf(f, "[sweepd] %s\n", text)
}

func (w *Worker) whyCold(key string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cold[key]
}

func (w *Worker) makeCold(key, why string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if why == "" {
		why = "the fork server ended"
	}
	w.cold[key] = why
	w.cfg.Log.Info("trials are started as processes of their own", "why", why)
}

// refused tells whether the kernel would not start a program: its keeper is as
// good as before.
func refused(err error) bool { return fault.Is(err, fault.NotFound) || fault.Is(err, fault.Invalid) }

// unstartable is the error of a program that the kernel would not start.
func unstartable(job *job, e shim.Event) error {
	program := job.plan.Argv[0]
	switch errno := syscall.Errno(e.Errno); {
	case errno == 0:
		return fault.Unavailablef("start %s: %s", program, e.Why)
	case errors.Is(errno, syscall.ENOENT):
		return fault.NotFoundf("cannot start %s: no such file, or the interpreter in its first line is missing", program).Coded("program_missing").
			Fix("name a program that is on the worker's PATH, or give its path from the sweep's directory")
	case errors.Is(errno, syscall.EACCES):
		return fault.Invalidf("cannot start %s: it is not executable", program).Coded("program_not_executable").Fix("chmod +x it, or name its interpreter: [python, %s]", program)
	case errors.Is(errno, syscall.ENOEXEC):
		return fault.Invalidf("cannot start %s: it is no program of this machine (exec format error)", program).Coded("exec_format").
			Fix("begin a script with #!/bin/sh, or name its interpreter in the command")
	case errors.Is(errno, syscall.E2BIG):
		return fault.Invalidf("cannot start %s: arguments and environment are too large", program).Fix("read long parameters from SWEEPD_PARAMS_FILE")
	case errors.Is(errno, syscall.EINVAL):
		return fault.Invalidf("cannot start %s: an argument or a variable holds a NUL character", program).Fix("read such parameters from SWEEPD_PARAMS_FILE")
	default:
		return fault.Unavailablef("start %s: %v", program, errno)
	}
}
