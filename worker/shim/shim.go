// Package shim is the keeper of a worker's slot: a small process, the same
// binary run again, that starts one attempt at a time and answers for every
// process that comes of it. It is a child subreaper, so daemons that an attempt
// leaves behind fall to it; when the attempt's own process ends, or when the
// worker at the other end of its socket is gone, whatever is left is killed.
//
// A keeper may hold a fork server beside the attempt: a process that forks
// instead of being started, see package worker/warm. It knows nothing of
// trials, servers or leases.
package shim

import "encoding/json"

// Op is what a worker orders.
type Op string

// The orders. Run and Fork start an attempt and are answered by Started or
// Refused, then Ended; Warm is answered by Ready or Refused; Signal and Kill
// concern the attempt and are not answered.
const (
	Run    Op = "run"    // start Plan.Argv
	Warm   Op = "warm"   // start Plan.Argv as the fork server and tell it Plan.Tell
	Fork   Op = "fork"   // have the fork server fork an attempt told Plan.Tell
	Signal Op = "signal" // send Order.Signal to the attempt's process group
	Kill   Op = "kill"   // SIGKILL to the whole tree
)

// Order is one line from the worker.
type Order struct {
	Op     Op    `json:"op"`
	Plan   *Plan `json:"plan,omitempty"`
	Signal int   `json:"signal,omitempty"`
}

// Plan says what to start.
type Plan struct {
	Argv   []string        `json:"argv,omitempty"` // Argv[0] is a path, relative to Dir
	Env    []string        `json:"env,omitempty"`  // the whole environment
	Dir    string          `json:"dir,omitempty"`
	Output string          `json:"output,omitempty"` // file that stdout and stderr are appended to
	Memory int64           `json:"memory,omitempty"` // bytes for the tree, 0: not limited
	Tell   json.RawMessage `json:"tell,omitempty"`   // for the fork server, one JSON object
}

// Kind is what a keeper says.
type Kind string

// The events.
const (
	Hello   Kind = "hello"   // once, at the start
	Ready   Kind = "ready"   // the fork server has imported what it should
	Started Kind = "started" // the attempt's process exists
	Refused Kind = "refused" // it does not; Why and Errno say why
	Ended   Kind = "ended"   // it is gone with everything it left
	Cold    Kind = "cold"    // the fork server has died
)

// Event is one line to the worker.
type Event struct {
	Kind   Kind   `json:"kind"`
	PID    int    `json:"pid,omitempty"`
	Birth  uint64 `json:"birth,omitempty"`  // start time of PID in clock ticks since boot: with PID it names a process for good
	Cgroup string `json:"cgroup,omitempty"` // folder of the keeper's memory cgroup, "" when there is none
	Why    string `json:"why,omitempty"`
	Errno  int    `json:"errno,omitempty"`
	Exit   *Exit  `json:"exit,omitempty"`
}

// Exit is how an attempt ended.
type Exit struct {
	Code       int     `json:"code"`                  // exit code, -1 when a signal ended it
	Signal     int     `json:"signal,omitempty"`      // that signal
	OverLimit  bool    `json:"over_limit,omitempty"`  // the keeper killed it: its memory passed the limit
	KernelOOM  bool    `json:"kernel_oom,omitempty"`  // the cgroup's counter of OOM kills rose
	MachineOOM bool    `json:"machine_oom,omitempty"` // the machine's counter rose: evidence, no proof
	Left       int     `json:"left,omitempty"`        // processes that outlived it and were killed
	RSS        int64   `json:"rss"`                   // bytes, the most the tree held at once
	CPU        float64 `json:"cpu"`                   // seconds, user and system
	Seconds    float64 `json:"seconds"`               // from start to end of the attempt's own process
}
