package pack

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// ignoreFiles are read in every directory, in this order.
var ignoreFiles = []string{".gitignore", ".sweepdignore"}

// always are names that no pack holds.
var always = []string{".git", ".sweepd", "__pycache__", ".venv", "node_modules"}

// rules are the ignore files of a directory and of those above it: git's rules.
// In one directory .sweepdignore comes after .gitignore; the last pattern that
// matches decides, and a deeper directory is asked before its parents. What lies
// in a directory that is left out cannot be taken in again. nil has none.
type rules struct {
	above    *rules
	prefix   string // of the directory, "" for the root or ending in a slash
	patterns []pattern
}

// pattern is one line of an ignore file.
type pattern struct {
	match       *regexp.Regexp
	include     bool // the line began with "!"
	directories bool // the line ended with "/"
	whole       bool // matched against the path below the file's directory, else against the last name
}

func (r *rules) below(root, at string, children []fs.DirEntry) (*rules, error) {
	var patterns []pattern
	for _, name := range ignoreFiles {
		if !slices.ContainsFunc(children, func(c fs.DirEntry) bool { return c.Name() == name && c.Type().IsRegular() }) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(at), name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		patterns = append(patterns, parse(string(text))...)
	}
	if len(patterns) == 0 {
		return r, nil
	}
	return &rules{above: r, prefix: at, patterns: patterns}, nil
}

// ignored tells whether a path below the root is left out, given that its
// parents are not.
func (r *rules) ignored(p string, directory bool) bool {
	name := p[strings.LastIndexByte(p, '/')+1:]
	if slices.Contains(always, name) {
		return true
	}
	for ; r != nil; r = r.above {
		inside := p[len(r.prefix):]
		for _, pt := range slices.Backward(r.patterns) {
			text := name
			if pt.whole {
				text = inside
			}
			if (directory || !pt.directories) && pt.match.MatchString(latin(text)) {
				return !pt.include
			}
		}
	}
	return false
}

// parse reads an ignore file. Lines that can match nothing are dropped.
func parse(text string) []pattern {
	var out []pattern
	for _, line := range strings.Split(strings.TrimPrefix(text, "\xef\xbb\xbf"), "\n") {
		if p, ok := parseLine(strings.TrimSuffix(line, "\r")); ok {
			out = append(out, p)
		}
	}
	return out
}

func parseLine(line string) (pattern, bool) {
	line = strip(line)
	if line == "" || line[0] == '#' {
		return pattern{}, false
	}
	var p pattern
	line, p.include = strings.CutPrefix(line, "!")
	line, p.directories = strings.CutSuffix(line, "/")
	p.whole = strings.Contains(line, "/")
	text, ok := translate(strings.TrimPrefix(line, "/"))
	if !ok || line == "" {
		return pattern{}, false
	}
	match, err := regexp.Compile(`(?s)\A(?:` + text + `)\z`)
	if err != nil {
		return pattern{}, false
	}
	p.match = match
	return p, true
}

// strip drops trailing spaces that no backslash protects.
func strip(line string) string {
	for strings.HasSuffix(line, " ") {
		before := line[:len(line)-1]
		if (len(before)-len(strings.TrimRight(before, `\`)))%2 == 1 {
			break
		}
		line = before
	}
	return line
}

// latin makes one rune of each byte: git matches bytes, regexp runes.
func latin(s string) string {
	out := make([]rune, len(s))
	for i := range len(s) {
		out[i] = rune(s[i])
	}
	return string(out)
}
