package trials

// Class is the kind of a failure.
type Class string

// The classes. OOM classes go down the ladder; lost and preempted are the
// infrastructure's; the rest are the user's.
const (
	ClassError          Class = "error"
	ClassOOMHost        Class = "oom_host"
	ClassOOMGPU         Class = "oom_gpu"
	ClassTimeout        Class = "timeout"
	ClassNaN            Class = "nan"
	ClassNoObjective    Class = "no_objective"
	ClassLost           Class = "lost"
	ClassPreempted      Class = "preempted"
	ClassBadEnvironment Class = "bad_environment"
)

// OOM tells whether the class is one of memory.
func (c Class) OOM() bool { return c == ClassOOMHost || c == ClassOOMGPU }

// Failure is why an attempt failed, with what it was told from.
type Failure struct {
	Class       Class    `json:"class"`
	Message     string   `json:"message"`               // one line for people
	Fingerprint string   `json:"fingerprint,omitempty"` // equal for failures alike: class, exception, innermost frame, without numbers
	ExitCode    *int     `json:"exit_code,omitempty"`
	Signal      string   `json:"signal,omitempty"`
	KernelOOM   bool     `json:"kernel_oom,omitempty"`   // the cgroup's counter rose
	OwnKill     bool     `json:"own_kill,omitempty"`     // the worker itself killed it: memory limit or timeout
	Exception   string   `json:"exception,omitempty"`    // last line of the traceback
	Line        string   `json:"line,omitempty"`         // the log line that decided
	Seen        []string `json:"metrics_seen,omitempty"` // with no_objective: what was reported, nearest name first
}
