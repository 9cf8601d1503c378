package spec

import (
	"strings"
)

// ExpandPaths finishes what Argv and Environ left to the worker: ${trial.dir}
// is dir, ${checkpoint.dir} is checkpoint, $$ is a dollar sign. It is called
// once, on what was made with an empty TrialVars.Dir, and on nothing else.
func ExpandPaths(argv []string, dir, checkpoint string) []string {
	if argv == nil {
		return nil
	}
	out := make([]string, len(argv))
	for i, a := range argv {
		out[i] = ExpandPath(a, dir, checkpoint)
	}
	return out
}

// ExpandPath is ExpandPaths of one text: a value of the environment.
func ExpandPath(s, dir, checkpoint string) string {
	return strings.NewReplacer("$$", "$", "${trial.dir}", dir, "${checkpoint.dir}", checkpoint).Replace(s)
}
