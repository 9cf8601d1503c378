// Package pack freezes a directory: which files a sweep takes along, their
// digest, and a tar of them. The Python client packs alike.
//
//   - Regular files, and symbolic links whose target lies inside the directory
//     (whether or not it exists). Anything else, links that lead out included, is
//     left out, as is what the ignore files name. Directories are no entries.
//   - Entries are sorted by the bytes of their slash-separated path.
//   - A file's mode is 0755 when its owner may execute it, else 0644. A link's is
//     0777, and its content is its target.
//   - The digest is the SHA-256, in hex, of one line "mode size sha256 path" per
//     entry, each ended by a line feed; the mode has four octal digits.
package pack

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sweepd/sweepd/internal/fault"
)

// Limit is how many bytes of files a pack may hold.
const Limit = 256 << 20

// Entry is a file or link of a pack.
type Entry struct {
	Path string // with slashes, from the root of the pack
	Mode fs.FileMode
	Size int64
	Link string // target of a link, "" for a file
}

// List gives what a pack of the directory holds, in order. More than Limit
// bytes, or a name that a listing cannot hold, is fault.Invalid.
func List(dir string) ([]Entry, error) {
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() {
		return nil, fault.Invalidf("%s is no directory", dir).Because(err)
	}
	w := walker{dir: dir}
	if err := w.walk("", nil); err != nil {
		return nil, fmt.Errorf("list %s: %w", dir, err)
	}
	slices.SortFunc(w.found, func(a, b Entry) int { return cmp.Compare(a.Path, b.Path) })
	return w.found, checkSize(dir, w.found, Limit)
}

type walker struct {
	dir   string
	found []Entry
}

// walk lists below a directory: at is its path, "" for the root or ending in a
// slash.
func (w *walker) walk(at string, above *rules) error {
	children, err := os.ReadDir(filepath.Join(w.dir, filepath.FromSlash(at)))
	if err != nil {
		return err
	}
	here, err := above.below(w.dir, at, children)
	if err != nil {
		return err
	}
	for _, c := range children {
		p := at + c.Name()
		if here.ignored(p, c.IsDir()) {
			continue
		}
		if c.IsDir() {
			err = w.walk(p+"/", here)
		} else {
			err = w.add(p, c)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) add(p string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil {
		return err
	}
	e := Entry{Path: p, Mode: 0o644, Size: info.Size()}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(filepath.Join(w.dir, filepath.FromSlash(p)))
		if err != nil {
			return err
		}
		if !inside(p, target) {
			return nil
		}
		e.Mode, e.Size, e.Link = 0o777, int64(len(target)), target
	case !info.Mode().IsRegular():
		return nil
	case info.Mode()&0o100 != 0:
		e.Mode = 0o755
	}
	if !utf8.ValidString(p) || strings.Contains(p, "\n") {
		return fault.Invalidf("the file name %q is not UTF-8 or has a line break", p).Coded("bad_name").Fix("rename it, or leave it out in .sweepdignore")
	}
	w.found = append(w.found, e)
	return nil
}

// inside tells whether a link at p leads to a place below the root, by its text
// alone.
func inside(p, target string) bool {
	if strings.HasPrefix(target, "/") {
		return false
	}
	end := path.Join(path.Dir(p), target)
	return end != ".." && !strings.HasPrefix(end, "../")
}

func checkSize(dir string, entries []Entry, limit int64) error {
	var total int64
	for _, e := range entries {
		total += e.Size
	}
	if total <= limit {
		return nil
	}
	largest := slices.Clone(entries)
	slices.SortStableFunc(largest, func(a, b Entry) int { return cmp.Compare(b.Size, a.Size) })
	var problems []fault.Problem
	for _, e := range largest[:min(5, len(largest))] {
		problems = append(problems, fault.Problem{Where: e.Path, Message: fmt.Sprintf("%.1f MiB", float64(e.Size)/(1<<20))})
	}
	return &fault.Error{
		Kind: fault.Invalid, Code: "code_too_large", Problems: problems, Hint: "leave large files out in .sweepdignore; data: [DIR] links them",
		Message: fmt.Sprintf("%s has %.1f MiB of files, more than the %d MiB a sweep takes along; the largest are", dir, float64(total)/(1<<20), limit>>20),
	}
}
