package worker

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/worker/shim"
)

// evidenceSize is how much of the end of the output is searched for evidence.
const evidenceSize = 64 << 10

// gpuOOM are what frameworks print when a device is out of memory.
var gpuOOM = []string{
	"CUDA out of memory", "torch.cuda.OutOfMemoryError", "torch.OutOfMemoryError", "CUDA_ERROR_OUT_OF_MEMORY",
	"CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED", "RESOURCE_EXHAUSTED: Out of memory", "ResourceExhaustedError",
	"OOM when allocating tensor", "HIP out of memory", "cudaErrorMemoryAllocation",
}

// hostOOM are what programs print when the machine refuses memory.
var hostOOM = []string{
	"DefaultCPUAllocator: can't allocate memory", "DefaultCPUAllocator: not enough memory", "std::bad_alloc", "Cannot allocate memory",
	"_ArrayMemoryError", "java.lang.OutOfMemoryError", "cannot allocate vector of size",
}

// hostOOMExceptions are exceptions that mean the same.
var hostOOMExceptions = []string{"MemoryError", "numpy.core._exceptions._ArrayMemoryError", "numpy._core._exceptions._ArrayMemoryError", "numpy.exceptions._ArrayMemoryError"}

// evidence is all that is known of how an attempt failed.
type evidence struct {
	exit    *shim.Exit
	timeout bool     // the worker killed it for its time
	tail    []byte   // of its output
	bases   []string // directories that are cut off file names
	memory  int64    // the limit, 0 for none
	program string
}

// classify makes a Failure of evidence. What the worker or the kernel did is
// proof; what the program printed comes next; the exit status last.
func classify(e evidence) *trials.Failure {
	f := &trials.Failure{Class: trials.ClassError}
	if e.exit.Signal != 0 {
		f.Signal = unix.SignalName(unix.Signal(e.exit.Signal))
	} else {
		code := e.exit.Code
		f.ExitCode = &code
	}
	e.tail = bytes.ToValidUTF8(bytes.ReplaceAll(e.tail, []byte{0}, nil), []byte("?")) // a database takes no others
	tb := lastTraceback(e.tail)
	f.Exception = tb.exception
	gpu, host := lineWith(e.tail, gpuOOM), lineWith(e.tail, hostOOM)
	switch {
	case e.timeout:
		f.Class, f.OwnKill, f.Message = trials.ClassTimeout, true, "the trial took longer than its timeout"
	case e.exit.OverLimit:
		f.Class, f.OwnKill = trials.ClassOOMHost, true
		f.Message = fmt.Sprintf("its processes held %s, more than resources.memory of %s; the worker killed them", size(e.exit.RSS), size(e.memory))
	case e.exit.KernelOOM:
		f.Class, f.KernelOOM = trials.ClassOOMHost, true
		f.Message = fmt.Sprintf("the kernel killed it at the limit of %s of resources.memory", size(e.memory))
	case gpu != "":
		f.Class, f.Line, f.Message = trials.ClassOOMGPU, gpu, "the GPU is out of memory: "+gpu
	case isHostOOM(tb.kind):
		f.Class, f.Line, f.Message = trials.ClassOOMHost, tb.exception, "out of memory: "+tb.exception
	case host != "":
		f.Class, f.Line, f.Message = trials.ClassOOMHost, host, "out of memory: "+host
	case f.Signal == "SIGKILL" && e.exit.MachineOOM:
		f.Class, f.KernelOOM, f.Message = trials.ClassOOMHost, true, "killed when the machine ran out of memory; set resources.memory so that trials share it"
	default:
		plain(f, e, tb)
	}
	f.Fingerprint = fingerprint(f, tb, e)
	return f
}

// plain judges by exception and exit status.
func plain(f *trials.Failure, e evidence, tb traceback) {
	last := lastLine(e.tail)
	switch {
	case tb.kind == "ModuleNotFoundError":
		f.Class, f.Line = trials.ClassBadEnvironment, tb.exception
		f.Message = tb.exception + ". Install it for " + e.program + ", or name another interpreter"
	case tb.kind == "" && f.ExitCode != nil && *f.ExitCode == 127:
		f.Class, f.Line = trials.ClassBadEnvironment, last
		f.Message = "a program was not found (exit code 127): " + last + ". Install it on the worker or set PATH in env"
	case tb.kind == "" && f.ExitCode != nil && *f.ExitCode == 126:
		f.Class, f.Line = trials.ClassBadEnvironment, last
		f.Message = "a program could not be started (exit code 126): " + last + ". Check that it is executable"
	case tb.exception != "":
		f.Line, f.Message = tb.exception, tb.exception
		if tb.frame != "" {
			f.Message += " (in " + tb.frame + ")"
		}
	case f.Signal == "SIGKILL":
		f.Line, f.Message = last, "killed by SIGKILL from outside the worker"
	case f.Signal != "":
		f.Line, f.Message = last, "ended by "+f.Signal
	default:
		f.Line, f.Message = last, fmt.Sprintf("exit code %d", *f.ExitCode)
		if last != "" {
			f.Message += ": " + last
		}
	}
}

func isHostOOM(kind string) bool {
	for _, k := range hostOOMExceptions {
		if kind == k {
			return true
		}
	}
	return false
}

// environmentFailure is a Failure of an attempt that could not be started.
func environmentFailure(err error) *trials.Failure {
	f := &trials.Failure{Class: trials.ClassBadEnvironment, Message: err.Error()}
	code := "start"
	if e := fault.Of(err); e != nil {
		code = e.Code
	}
	f.Fingerprint = string(f.Class) + "|" + code + "|" + plainText(firstLine(err.Error()))
	return f
}

// fingerprint is equal for failures alike: the class, and the exception with
// the innermost frame of the user's code, or else how it ended and its last
// words, without numbers.
func fingerprint(f *trials.Failure, tb traceback, e evidence) string {
	parts := []string{string(f.Class)}
	switch {
	case f.Class == trials.ClassTimeout:
	case tb.kind != "":
		parts = append(parts, tb.kind, relative(tb.frame, e.bases))
	case f.OwnKill || f.KernelOOM:
	case f.Signal != "":
		parts = append(parts, f.Signal)
	default:
		parts = append(parts, fmt.Sprintf("exit %d", e.exit.Code), plainText(lastLine(e.tail)))
	}
	return strings.Join(parts, "|")
}

var numbers = regexp.MustCompile(`0x[0-9a-fA-F]+|\b[0-9a-fA-F]{8,}\b|[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?`)

// plainText is a line without what differs between failures alike.
func plainText(s string) string {
	s = numbers.ReplaceAllString(s, "#")
	if len(s) > 160 {
		s = strings.ToValidUTF8(s[:160], "")
	}
	return s
}

// relative cuts the first base that a path begins with, and what it leaves of
// numbers.
func relative(path string, bases []string) string {
	for _, b := range bases {
		if rest, ok := strings.CutPrefix(path, b+string(filepath.Separator)); ok && b != "" {
			return rest
		}
	}
	return path
}

func lineWith(text []byte, any []string) string {
	for _, pattern := range any {
		if at := bytes.LastIndex(text, []byte(pattern)); at >= 0 {
			from := bytes.LastIndexByte(text[:at], '\n') + 1
			return clean(firstLine(string(text[from:])))
		}
	}
	return ""
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// lastLine is the last line that says anything.
func lastLine(text []byte) string {
	lines := bytes.Split(text, []byte{'\n'})
	for i := len(lines) - 1; i >= 0; i-- {
		if s := clean(string(lines[i])); s != "" && !strings.HasPrefix(s, "[sweepd]") {
			return s
		}
	}
	return ""
}

// clean is a line for people: what a progress bar wrote over is gone, and it
// has at most 500 bytes of valid text.
func clean(line string) string {
	line = strings.TrimRight(line, "\r ")
	if at := strings.LastIndexByte(line, '\r'); at >= 0 {
		line = line[at+1:]
	}
	if len(line) > 500 {
		line = line[:500]
	}
	return strings.TrimSpace(strings.ToValidUTF8(line, "?"))
}

func size(bytes int64) string {
	return fmt.Sprintf("%d MiB", (bytes+1<<19)>>20)
}
