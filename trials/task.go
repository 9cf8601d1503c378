package trials

import (
	"time"

	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials/spec"
)

// Task is what a worker runs for a lease: everything resolved, nothing left to
// decide.
type Task struct {
	Argv        []string          `json:"argv,omitempty"`   // no shell
	Python      string            `json:"python,omitempty"` // module:function; Argv is empty then
	Interpreter string            `json:"interpreter,omitempty"`
	Warm        []string          `json:"warm,omitempty"`
	Params      search.Point      `json:"params"`
	Env         map[string]string `json:"env,omitempty"`
	Seed        uint64            `json:"seed"`
	Code        string            `json:"code,omitempty"` // digest of the frozen directory
	Workdir     spec.Workdir      `json:"workdir"`
	Data        []string          `json:"data,omitempty"`
	Objective   string            `json:"objective,omitempty"`
	Timeout     time.Duration     `json:"timeout,omitempty"`
	Resources   spec.Resources    `json:"resources"`
	Stop        spec.StopLadder   `json:"stop"`
}
