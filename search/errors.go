package search

import "errors"

// ErrExhausted is what Ask returns when the space has no point left to propose:
// every point of a small space is known, or a thousand draws in a row were.
var ErrExhausted = errors.New("search: the space is exhausted")
