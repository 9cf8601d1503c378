package worker

import (
	"fmt"
	"path/filepath"

	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// expand finishes the arguments and the environment of a task with what only
// the worker knows, the trial's directories: see spec.ExpandPaths. It is done
// once, when the lease arrives.
func expand(t *trials.Task, dir, checkpoint string) {
	t.Argv = spec.ExpandPaths(t.Argv, dir, checkpoint)
	if len(t.Env) == 0 {
		return
	}
	env := make(map[string]string, len(t.Env))
	for name, value := range t.Env {
		env[name] = spec.ExpandPath(value, dir, checkpoint)
	}
	t.Env = env
}

// checkpointDir is the directory that a trial's attempts share.
func checkpointDir(attempt string, number int) string {
	return filepath.Join(filepath.Dir(attempt), fmt.Sprintf("%d.checkpoint", number))
}
