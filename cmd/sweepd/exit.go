package main

import (
	"strconv"

	"github.com/sweepd/sweepd/internal/fault"
)

// Exit codes. They mean something to scripts and do not change.
const (
	exitOK          = 0
	exitDefect      = 1   // something broke; the message says what
	exitUsage       = 2   // the command line is wrong
	exitPaused      = 3   // run, watch: the sweep was paused by the system; the reason is printed
	exitFailed      = 4   // run, watch: the sweep failed or was cancelled
	exitInvalid     = 5   // the sweep file or a value is wrong
	exitNotFound    = 6   // there is no such sweep, trial or worker
	exitConflict    = 7   // its state forbids this
	exitDenied      = 8   // no token, or one that may not do this
	exitUnreachable = 9   // no server answers
	exitInterrupted = 130 // Ctrl-C; the sweep is kept and the line that goes on is printed
)

// codeOf is the exit code of a kind of error.
func codeOf(k fault.Kind) int {
	switch k {
	case fault.Invalid:
		return exitInvalid
	case fault.NotFound:
		return exitNotFound
	case fault.Conflict, fault.Stale:
		return exitConflict
	case fault.Denied:
		return exitDenied
	case fault.Unavailable:
		return exitUnreachable
	}
	return exitDefect
}

// exit is an error that has been told already and only carries a code.
type exit int

func (e exit) Error() string { return "exit " + strconv.Itoa(int(e)) }
