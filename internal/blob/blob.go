// Package blob keeps bytes under keys: artifacts, logs, frozen code,
// predictions. It has the interface and the implementation in files; the one in
// S3 is its part. It knows nothing of what the bytes mean.
package blob

import (
	"context"
	"io"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sweepd/sweepd/internal/fault"
)

// Store keeps objects. A key is a relative slash path as Clean gives it; "" is
// the root and names no object. Methods may be called at the same time.
type Store interface {
	// Put stores all of r under key, whole or not at all, replacing what was
	// there. When it returns, the object outlives a power failure. A store of
	// folders refuses a key below an object, or one with objects below it, with
	// fault.Conflict; others keep both.
	Put(ctx context.Context, key string, r io.Reader) (Info, error)
	// Open gives an object for reading; the caller closes it. NotFound when
	// there is none; a folder is none.
	Open(ctx context.Context, key string) (Object, error)
	// List gives the objects and folders right below key, by name. A key that
	// has nothing below it gives none.
	List(ctx context.Context, key string) ([]Info, error)
	// Delete removes the object or everything below key. Nothing there is no
	// error. The root is Invalid.
	Delete(ctx context.Context, key string) error
}

// Object is an open object. Seek and Read do not mix across goroutines.
type Object interface {
	io.ReadSeekCloser
	Info() Info
}

// Info describes an object or folder.
type Info struct {
	Key      string
	Folder   bool
	Size     int64     // bytes; 0 for a folder
	Modified time.Time // zero for a folder, and after a Put when the store does not say
}

// Name is the last part of the key.
func (i Info) Name() string { return path.Base(i.Key) }

// maxKey is the most bytes of a key, maxName of one part: what common file
// systems and S3 take.
const (
	maxKey  = 1024
	maxName = 255
)

// Clean gives the canonical form of a key: parts joined by single slashes,
// without "." and ends. Keys that could mean something else than they say are
// Invalid: "..", absolute ones, backslashes, control characters, a drive
// letter, broken UTF-8, and names that a store keeps for itself (beginning with
// ".sweepd-").
func Clean(key string) (string, error) {
	bad := func(why string) (string, error) {
		return "", fault.Invalidf("%q is no path of an object: %s", key, why)
	}
	switch {
	case len(key) > maxKey:
		return "", fault.Invalidf("the path of an object has at most %d bytes, this one has %d", maxKey, len(key))
	case !utf8.ValidString(key):
		return bad("it is not UTF-8")
	case strings.HasPrefix(key, "/"):
		return bad("it is absolute")
	case strings.Contains(key, `\`):
		return bad("it has a backslash")
	case len(key) > 1 && key[1] == ':':
		return bad("it begins like a drive")
	case strings.ContainsFunc(key, func(r rune) bool { return r < 0x20 || r == 0x7f }):
		return bad("it has a control character")
	}
	for _, part := range strings.Split(key, "/") {
		switch {
		case part == "..":
			return bad("it climbs with ..")
		case strings.HasPrefix(part, reserved):
			return bad("names beginning with " + reserved + " are the store's own")
		case len(part) > maxName:
			return bad("a part of it is too long")
		}
	}
	if key = path.Clean(key); key == "." {
		key = ""
	}
	return key, nil
}

// reserved begins the names that stores use for themselves.
const reserved = ".sweepd-"
