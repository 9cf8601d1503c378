package worker

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/worker/shim"
	"github.com/sweepd/sweepd/worker/warm"
)

// job is an attempt ready to start.
type job struct {
	plan   shim.Plan // to run, and what the fork server is told
	key    string    // of the fork server that could start it; "" when none could
	warm   shim.Plan // how that fork server is started
	code   string    // the frozen directory, "" when there is none
	result string    // the result file
	call   string    // file that a call without a fork server is read from, "" for none
}

// runnersLog is what fork servers print, in the worker's directory.
const runnersLog = "runners.log"

// attemptDir is where an attempt runs: a directory of its own below work/, kept
// for a while when it has ended: see attic. A later attempt at the same trial starts from nothing.
func (w *Worker) attemptDir(l *trials.Lease) string {
	return filepath.Join(w.cfg.Dir, "work", filepath.Base(l.SweepID), fmt.Sprintf("%d.%d", l.Number, l.Attempt))
}

// prepare fetches the code, makes the trial's directory and its environment,
// and finds the program.
func (a *attempt) prepare(ctx context.Context) (*job, error) {
	t := &a.lease.Task
	j := &job{result: a.own("result.json")}
	if t.Code != "" {
		code, err := a.w.code.dir(ctx, t.Code)
		if err != nil {
			return nil, err
		}
		j.code = code.dir
	}
	if err := makeRunDir(a.dir, a.w.code.cached(t.Code), t); err != nil {
		return nil, err
	}
	params, err := json.Marshal(nest(t.Params))
	if err != nil {
		return nil, fault.Invalidf("the parameters are no JSON").Because(err)
	}
	if err := os.WriteFile(a.own("params.json"), params, 0o644); err != nil {
		return nil, fmt.Errorf("write the parameters: %w", err)
	}
	j.plan = shim.Plan{Dir: a.dir, Output: a.own("output.log"), Memory: t.Resources.Memory, Env: a.environment(params)}
	if t.Workdir.InPlace {
		j.plan.Dir = t.Workdir.Path
		if info, err := os.Stat(j.plan.Dir); err != nil || !info.IsDir() {
			return nil, fault.Invalidf("workdir %s is no directory on this worker", j.plan.Dir).Coded("workdir_missing").
				Fix("with in_place the sweep's directory must be on every worker; without it the frozen copy is used")
		}
	}
	if err := a.command(j); err != nil {
		return nil, err
	}
	return j, nil
}

// command sets argv, and the fork server where the task is Python.
func (a *attempt) command(j *job) error {
	t := &a.lease.Task
	env := newEnviron(j.plan.Env)
	if t.Python != "" {
		interpreter := t.Interpreter
		if interpreter == "" {
			interpreter = "python3"
		}
		program, err := findProgram(interpreter, env.get("PATH"), j.plan.Dir)
		if err != nil {
			return err
		}
		call := warm.Call{Function: t.Python, Objective: t.Objective}
		j.call = a.own("call.json")
		j.plan.Argv = []string{program, a.w.runner, "call", j.call}
		module, _, _ := strings.Cut(t.Python, ":")
		return a.forkable(j, program, warm.Imports{Module: module}, a.tell(j, nil, &call))
	}
	if len(t.Argv) == 0 {
		return fault.Invalidf("the task has no command")
	}
	name := t.Argv[0]
	python := isPython(name)
	if python && !strings.Contains(name, "/") && t.Interpreter != "" {
		name = t.Interpreter
	}
	program, err := findProgram(name, env.get("PATH"), j.plan.Dir)
	if err != nil && name == "python" {
		program, err = findProgram("python3", env.get("PATH"), j.plan.Dir)
	}
	if err != nil {
		return err
	}
	j.plan.Argv = append([]string{program}, t.Argv[1:]...)
	if !python || len(t.Argv) < 2 || !strings.HasSuffix(t.Argv[1], ".py") {
		return nil
	}
	script := t.Argv[1]
	if !filepath.IsAbs(script) {
		script = filepath.Join(j.plan.Dir, script)
	}
	if _, err := os.Stat(script); err != nil {
		return nil // Python's own message is the better one
	}
	return a.forkable(j, program, warm.Imports{Script: t.Argv[1]}, a.tell(j, append([]string{t.Argv[1]}, t.Argv[2:]...), nil))
}

// tell is what the fork server is told of this attempt.
func (a *attempt) tell(j *job, argv []string, call *warm.Call) warm.Fork {
	return warm.Fork{
		Argv: argv, Call: call, Env: newEnviron(j.plan.Env).values, Dir: j.plan.Dir, Output: j.plan.Output,
		Seed: a.lease.Task.Seed, Result: j.result,
	}
}

// forkable describes the fork server that could start the job: one per
// interpreter, code, script and environment, the attempt's own part left out.
func (a *attempt) forkable(j *job, program string, imports warm.Imports, fork warm.Fork) error {
	t := &a.lease.Task
	imports.Warm = t.Warm
	imports.Root, imports.Frozen = j.code, j.code != ""
	if imports.Root == "" {
		imports.Root = t.Workdir.Path
	}
	if imports.Root == "" {
		imports.Root = j.plan.Dir
	}
	tell, err := json.Marshal(fork)
	if err != nil {
		return fault.Invalidf("the task is no JSON").Because(err)
	}
	first, err := json.Marshal(imports)
	if err != nil {
		return fault.Invalidf("the task is no JSON").Because(err)
	}
	j.plan.Tell = tell
	env := a.serverEnvironment()
	j.warm = shim.Plan{
		Argv: []string{program, a.w.runner, "serve"}, Env: env, Dir: imports.Root,
		Output: filepath.Join(a.w.cfg.Dir, runnersLog), Tell: first,
	}
	j.key = warm.Key(program, first, env)
	return nil
}

func isPython(name string) bool {
	base := filepath.Base(name)
	rest, ok := strings.CutPrefix(base, "python")
	return ok && strings.Trim(rest, "0123456789.") == ""
}

// findProgram finds a program as a shell would: by PATH when its name has no
// slash, else from dir.
func findProgram(name, path, dir string) (string, error) {
	if strings.Contains(name, "/") {
		full := name
		if !filepath.IsAbs(name) {
			full = filepath.Join(dir, name)
		}
		if executable(full) {
			return settledPath(full), nil
		}
		if _, err := os.Stat(full); err == nil {
			return "", fault.Invalidf("cannot start %s: it is not executable", name).Coded("program_not_executable").Fix("chmod +x it, or name its interpreter: [python, %s]", name)
		}
		return "", missing(name).Fix("there is no such file in %s", dir)
	}
	for _, d := range filepath.SplitList(path) {
		if full := filepath.Join(d, name); filepath.IsAbs(full) && executable(full) {
			return full, nil
		}
	}
	e := missing(name)
	if near := fault.Nearest(name, programs(path)); near != "" {
		return "", e.Fix("did you mean %s? The worker's PATH is %s", near, path)
	}
	return "", e.Fix("install it on the worker, or give its full path. The worker's PATH is %s", path)
}

// settledPath resolves links in a program's directory, so that a .venv that each
// trial sees through its own link is one interpreter. The program itself is left
// as it is: an interpreter finds its environment by the name it is started as.
func settledPath(program string) string {
	dir, err := filepath.EvalSymlinks(filepath.Dir(program))
	if err != nil {
		return program
	}
	return filepath.Join(dir, filepath.Base(program))
}

func missing(name string) *fault.Error {
	return fault.NotFoundf("program %q is not on this worker", name).Coded("program_missing")
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// programs lists what PATH offers, for the nearest name.
func programs(path string) []string {
	var out []string
	for _, d := range filepath.SplitList(path) {
		entries, err := os.ReadDir(d)
		if err != nil {
			continue
		}
		for _, e := range entries {
			out = append(out, e.Name())
		}
	}
	return out
}
