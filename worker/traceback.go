package worker

import (
	"bytes"
	"regexp"
	"strings"
)

// traceback is what matters of a Python traceback.
type traceback struct {
	kind      string // "ValueError", "torch.OutOfMemoryError"; "" when there is no traceback
	exception string // the line with its message
	frame     string // file:function of the innermost frame that is the user's own
}

var (
	frameLine     = regexp.MustCompile(`^\s+File "([^"]+)", line \d+(?:, in (.+))?$`)
	exceptionLine = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_.]*)(?::\s?(.*))?$`)
)

// lastTraceback finds the last traceback in text: the exception that ended the
// program, when there were several.
func lastTraceback(text []byte) traceback {
	at := bytes.LastIndex(text, []byte("Traceback (most recent call last):"))
	if at < 0 {
		return syntaxError(text)
	}
	return parseTraceback(strings.Split(string(text[at:]), "\n")[1:])
}

// syntaxError finds the traceback of a file that could not be compiled: it has
// one frame and no headline.
func syntaxError(text []byte) traceback {
	lines := strings.Split(string(text), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if strings.HasPrefix(lines[i], `  File "`) && frameLine.MatchString(lines[i]) {
			tb := parseTraceback(lines[i:])
			if strings.HasSuffix(tb.kind, "Error") {
				return tb
			}
			return traceback{}
		}
	}
	return traceback{}
}

func parseTraceback(lines []string) traceback {
	var tb traceback
	var any string
	for _, line := range lines {
		line = strings.TrimRight(line, "\r")
		if m := frameLine.FindStringSubmatch(line); m != nil {
			where := m[1]
			if m[2] != "" {
				where += ":" + m[2]
			}
			if any = where; own(m[1]) {
				tb.frame = where
			}
			continue
		}
		if line == "" || line[0] == ' ' || line[0] == '\t' {
			continue
		}
		if m := exceptionLine.FindStringSubmatch(line); m != nil {
			tb.kind, tb.exception = m[1], clean(line)
		}
		break
	}
	if tb.frame == "" {
		tb.frame = any
	}
	return tb
}

// own tells whether a file is the user's and not a library's.
func own(file string) bool {
	for _, part := range []string{"/site-packages/", "/dist-packages/", "/lib/python", "<frozen", "<__array_function__"} {
		if strings.Contains(file, part) {
			return false
		}
	}
	return true
}
