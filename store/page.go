package store

import (
	"strconv"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
)

// pageKey is a number as an opaque page key.
func pageKey(no int64) string { return strconv.FormatInt(no, 36) }

// wholeNumber undoes pageKey.
func wholeNumber(key string) (int64, error) {
	no, err := strconv.ParseInt(key, 36, 64)
	if err != nil {
		return 0, fault.Invalidf("%q is no page key", key).Coded("bad_page_key").Fix("take it from the answer before, unchanged")
	}
	return no, nil
}

// escapeLike makes text stand for itself within LIKE ... ESCAPE '!'.
func escapeLike(text string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(text)
}
