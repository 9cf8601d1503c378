// Package fault is the one error type of sweepd: what kind of thing went
// wrong, where, and what to do about it. An error is made once, where the fact
// is known, and translated once per surface (problem+json, MLflow's error_code,
// the exit code of the command line). It knows nothing of HTTP.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what a caller can do about an error. Surfaces map it to a status.
type Kind string

// The kinds of error. An error that is no fault at all is Internal.
const (
	Invalid     Kind = "invalid"     // the request is wrong; repeating it changes nothing
	NotFound    Kind = "not_found"   // the thing named does not exist
	Conflict    Kind = "conflict"    // the thing exists, or is in a state that forbids this
	Stale       Kind = "stale"       // the attempt is not held any more; stop what you do for it
	Denied      Kind = "denied"      // no token, or one that may not do this
	Unavailable Kind = "unavailable" // not now; the same request may succeed later
	Internal    Kind = "internal"    // a defect or a broken machine; the details are in the log
)

// Problem is one thing wrong in something a user wrote. Several are reported
// at once.
type Problem struct {
	Where   string `json:"where,omitempty"`  // "sweep.yaml:3:18", "/space/lr/log", "row 17 of val.npz"; empty when there is no place
	Message string `json:"message"`          // what is wrong, in lower case, without a full stop
	Hint    string `json:"hint,omitempty"`   // how to mend it, nearest name included; empty when there is nothing to add
	Line    int    `json:"line,omitempty"`   // 1-based line in the file, 0 when it did not come from a file
	Column  int    `json:"column,omitempty"` // 1-based column, 0 like Line
}

func (p Problem) String() string {
	var b strings.Builder
	if p.Where != "" {
		b.WriteString(p.Where)
		b.WriteString(": ")
	}
	b.WriteString(p.Message)
	if p.Hint != "" {
		b.WriteString(" (")
		b.WriteString(p.Hint)
		b.WriteString(")")
	}
	return b.String()
}

// Error is an error with a kind. Code is a stable snake_case word that programs
// may test ("space_bounds", "ids_mismatch"); it defaults to the kind.
type Error struct {
	Kind     Kind
	Code     string
	Message  string
	Where    string // the place in what the user gave: file:line:column, JSON pointer, parameter name
	Hint     string // what to do
	Problems []Problem
	Cause    error
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.Where != "" {
		b.WriteString(e.Where)
		b.WriteString(": ")
	}
	b.WriteString(e.Message)
	if len(e.Problems) == 1 && e.Message == "" {
		return e.Problems[0].String()
	}
	for _, p := range e.Problems {
		b.WriteString("\n  ")
		b.WriteString(p.String())
	}
	if e.Hint != "" {
		b.WriteString(" (")
		b.WriteString(e.Hint)
		b.WriteString(")")
	}
	if e.Cause != nil {
		b.WriteString(": ")
		b.WriteString(e.Cause.Error())
	}
	return b.String()
}

// Unwrap gives the cause, nil when there is none.
func (e *Error) Unwrap() error { return e.Cause }

// At sets the place and gives the error back.
func (e *Error) At(where string) *Error { e.Where = where; return e }

// Fix sets the hint and gives the error back.
func (e *Error) Fix(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// Coded sets the code and gives the error back.
func (e *Error) Coded(code string) *Error { e.Code = code; return e }

// Because sets the cause and gives the error back.
func (e *Error) Because(err error) *Error { e.Cause = err; return e }

// Newf makes an error of a kind; its code is the kind's own name until Coded.
func Newf(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Code: string(k), Message: fmt.Sprintf(format, args...)}
}

// Invalidf says that what the user gave is wrong.
func Invalidf(format string, args ...any) *Error { return Newf(Invalid, format, args...) }

// NotFoundf says that the thing named does not exist.
func NotFoundf(format string, args ...any) *Error { return Newf(NotFound, format, args...) }

// Conflictf says that the state of a thing forbids what was asked.
func Conflictf(format string, args ...any) *Error { return Newf(Conflict, format, args...) }

// Stalef says that an attempt is not held any more.
func Stalef(format string, args ...any) *Error { return Newf(Stale, format, args...) }

// Deniedf says that the caller may not do this.
func Deniedf(format string, args ...any) *Error { return Newf(Denied, format, args...) }

// Unavailablef says that the same request may succeed later.
func Unavailablef(format string, args ...any) *Error { return Newf(Unavailable, format, args...) }

// Many gathers problems into one Invalid error; nil when there are none.
func Many(message string, ps []Problem) error {
	if len(ps) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Code: string(Invalid), Message: message, Problems: ps}
}

// Of gives the fault inside err, nil when there is none.
func Of(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// KindOf gives the kind of err: "" for nil, Internal when it is no fault.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	if e := Of(err); e != nil {
		return e.Kind
	}
	return Internal
}

// Is tells whether err is of kind k.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }
