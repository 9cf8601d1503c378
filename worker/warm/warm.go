// Package warm is the fork server: a Python program that has imported what a
// trial's script imports, and starts a trial by forking itself. It needs nothing
// but the interpreter. What it is told goes through package shim, which starts
// it and answers for its children.
package warm

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

//go:embed forkserver/__main__.py forkserver/sweepd_forkserver/*.py
var program embed.FS

// Imports is the first line a fork server is told: what to import. It imports
// the third-party modules that the script, or the function's module, and the
// local modules they name import at their top level; local modules themselves
// are the trial's to run.
type Imports struct {
	Root   string   `json:"root"`             // directory of the code
	Script string   `json:"script,omitempty"` // path from Root
	Frozen bool     `json:"frozen,omitempty"` // Root never changes: the script may be compiled ahead
	Module string   `json:"module,omitempty"` // of the function, instead of Script
	Warm   []string `json:"warm,omitempty"`   // further modules
}

// Fork is what a fork server is told of one attempt.
type Fork struct {
	Argv   []string          `json:"argv,omitempty"` // the script and its arguments
	Call   *Call             `json:"call,omitempty"` // instead of a script
	Env    map[string]string `json:"env"`            // the whole environment
	Dir    string            `json:"dir"`
	Output string            `json:"output"` // file that stdout and stderr are appended to
	Seed   uint64            `json:"seed"`   // of random and numpy
	Result string            `json:"result"` // file for what a call returns
}

// Call is a function called with the trial's parameters by name.
type Call struct {
	Function  string `json:"function"`  // module:function
	Objective string `json:"objective"` // what a plain number is called
}

// Install writes the fork server's program into dir and gives its path, which an
// interpreter runs.
func Install(dir string) (string, error) {
	path := filepath.Join(dir, "forkserver")
	if err := os.RemoveAll(path); err != nil {
		return "", fmt.Errorf("install the fork server: %w", err)
	}
	files, err := fs.Sub(program, "forkserver")
	if err == nil {
		err = os.CopyFS(path, files)
	}
	if err != nil {
		return "", fmt.Errorf("install the fork server: %w", err)
	}
	return path, nil
}

// Key tells fork servers apart: equal for attempts that one can start.
func Key(interpreter string, imports json.RawMessage, env []string) string {
	sum := sha256.Sum256([]byte(interpreter + "\x00" + string(imports) + "\x00" + strings.Join(env, "\x00")))
	return hex.EncodeToString(sum[:])
}
