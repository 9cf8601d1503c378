package mlflow

import (
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/sweepd/sweepd/internal/blob"
	"github.com/sweepd/sweepd/internal/fault"
)

var schemeRE = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.\-]*:`)

// safePath gives the clean form of a path that a client sent, "" for the root.
// A path is refused when it, or what becomes of it by decoding, could lead
// elsewhere: "..", an absolute path of any system, a backslash, a URL, a
// fragment, a control character.
func safePath(p string) (string, error) {
	for _, form := range []string{p, unescape(p)} {
		if strings.Contains(form, "#") || schemeRE.MatchString(form) || path.IsAbs(form) {
			return "", invalidPath(p)
		}
		if _, err := blob.Clean(form); err != nil {
			return "", invalidPath(p)
		}
	}
	return blob.Clean(p)
}

func invalidPath(p string) error {
	return fault.Invalidf("Invalid path").Fix("a plain relative path, not %.200q", p)
}

// unescape decodes a path until it does not change any more.
func unescape(s string) string {
	for range 16 {
		once, err := url.PathUnescape(s)
		if err != nil || once == s {
			return s
		}
		s = once
	}
	return ".." // nobody means well with so many layers
}
