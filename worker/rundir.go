package worker

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sweepd/sweepd/trials"
)

// Limits on what is mirrored for each trial; what has more is linked as one.
const maxMirrored = 1000

// outputs are names of directories that programs write into. Where the sweep's
// directory has one that was not packed, a trial gets an empty one of its own
// instead of a link to what all trials would share.
var outputs = []string{
	"out", "output", "outputs", "runs", "results", "logs", "log", "checkpoints", "ckpt", "predictions",
	"mlruns", "wandb", "lightning_logs", "tb_logs", "tensorboard", "catboost_info", "multirun",
}

// neverLinked are entries of the sweep's directory that no trial reads.
var neverLinked = []string{".git", ".sweepd", "__pycache__"}

// Small files that are no source code are copied instead of linked: programs
// overwrite results that were committed once.
const (
	maxCopied = 64 << 10 // bytes of a file
	maxCopies = 100      // files of a directory tree; with more, all are linked
)

// source are endings of files that programs read and do not write.
var source = []string{".py", ".pyi", ".ipynb", ".md", ".rst", ".sh", ".toml", ".cfg", ".ini", ".yaml", ".yml", ".c", ".h", ".cpp", ".cu", ".so", ".r", ".jl"}

// tree is a frozen directory as every trial of it gets it: the directories to
// make, the links to set and the files to copy, by path from the root.
// Directories are real, so that a program may write beside what it reads; files
// are links into the copy, which is read-only, except small ones that are no
// source code. A top-level directory with more than a thousand entries is one
// link.
type tree struct {
	dir    string   // of the frozen copy
	dirs   []string // parents first
	links  []string
	copies []string
}

// newTree lists a frozen copy once, for all its trials.
func newTree(dir string) (*tree, error) {
	t := &tree{dir: dir}
	tops, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list the frozen code: %w", err)
	}
	for _, top := range tops {
		if !top.IsDir() {
			t.links = append(t.links, top.Name())
			continue
		}
		dirs, links, err := list(dir, top.Name())
		if err != nil {
			return nil, fmt.Errorf("list the frozen code: %w", err)
		}
		if len(dirs)+len(links) > maxMirrored {
			t.links = append(t.links, top.Name())
			continue
		}
		t.dirs, t.links = append(t.dirs, dirs...), append(t.links, links...)
	}
	t.split()
	return t, nil
}

// split moves what is to be copied from links to copies.
func (t *tree) split() {
	var links, copies []string
	for _, l := range t.links {
		info, err := os.Lstat(filepath.Join(t.dir, l))
		if err == nil && copied(info) {
			copies = append(copies, l)
		} else {
			links = append(links, l)
		}
	}
	if len(copies) <= maxCopies {
		t.links, t.copies = links, copies
	}
}

func copied(info fs.FileInfo) bool {
	name := info.Name()
	return info.Mode().IsRegular() && info.Size() <= maxCopied && !strings.HasPrefix(name, ".") &&
		!slices.Contains(source, strings.ToLower(filepath.Ext(name)))
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, info.Mode().Perm()|0o200)
}

func list(root, top string) (dirs, links []string, err error) {
	err = filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		switch {
		case !d.IsDir():
			links = append(links, rel)
		case d.Name() == "__pycache__":
			return filepath.SkipDir
		default:
			dirs = append(dirs, rel)
		}
		return nil
	})
	return dirs, links, err
}

// makeRunDir makes the directory of an attempt: the frozen code t (nil: none),
// the task's data, and what else the sweep's own directory has on this disk.
func makeRunDir(dir string, t *tree, task *trials.Task) error {
	if err := makeFresh(dir); err != nil {
		return fmt.Errorf("make the trial's directory: %w", err)
	}
	if task.Workdir.InPlace {
		return nil
	}
	if t != nil {
		for _, d := range t.dirs {
			if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
				return fmt.Errorf("make the trial's directory: %w", err)
			}
		}
		for _, l := range t.links {
			if err := os.Symlink(filepath.Join(t.dir, l), filepath.Join(dir, l)); err != nil {
				return fmt.Errorf("link the frozen code: %w", err)
			}
		}
		for _, c := range t.copies {
			if err := copyFile(filepath.Join(t.dir, c), filepath.Join(dir, c)); err != nil {
				return fmt.Errorf("copy the frozen code: %w", err)
			}
		}
	}
	if err := linkData(dir, task); err != nil {
		return err
	}
	return linkRest(dir, task.Workdir.Path)
}

// makeFresh makes an empty directory with one for the worker's own files in it.
func makeFresh(dir string) error {
	err := os.Mkdir(dir, 0o755)
	switch {
	case errors.Is(err, fs.ErrNotExist): // the first of its sweep
		err = os.MkdirAll(dir, 0o755)
	case errors.Is(err, fs.ErrExist): // of the same lease, whose worker was killed
		if err = os.RemoveAll(dir); err == nil {
			err = os.Mkdir(dir, 0o755)
		}
	}
	if err != nil {
		return err
	}
	return os.Mkdir(filepath.Join(dir, ".sweepd"), 0o755)
}

// linkData links each entry of `data:` under its last name; a relative one
// keeps its place.
func linkData(dir string, task *trials.Task) error {
	for _, d := range task.Data {
		from, to := d, filepath.Join(dir, filepath.Base(d))
		if !filepath.IsAbs(d) {
			if !filepath.IsLocal(d) {
				to = filepath.Join(dir, filepath.Base(d))
			} else {
				to = filepath.Join(dir, d)
			}
			from = filepath.Join(task.Workdir.Path, d)
		}
		if _, err := os.Lstat(to); err == nil {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return fmt.Errorf("link data %s: %w", d, err)
		}
		if err := os.Symlink(from, to); err != nil {
			return fmt.Errorf("link data %s: %w", d, err)
		}
	}
	return nil
}

// linkRest links top-level entries of the sweep's directory that were not
// packed. Directories are made, with links to what is in them; those that
// programs write into are made empty.
func linkRest(dir, from string) error {
	if from == "" {
		return nil
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return nil // this worker does not share the disk
	}
	for _, e := range entries {
		to := filepath.Join(dir, e.Name())
		if _, err := os.Lstat(to); err == nil || slices.Contains(neverLinked, e.Name()) {
			continue
		}
		if err := linkEntry(filepath.Join(from, e.Name()), to, e); err != nil {
			return fmt.Errorf("link %s: %w", e.Name(), err)
		}
	}
	return nil
}

func linkEntry(from, to string, e fs.DirEntry) error {
	if info, err := e.Info(); err == nil && copied(info) {
		return copyFile(from, to)
	}
	if !e.IsDir() || strings.HasPrefix(e.Name(), ".") || e.Name() == "node_modules" {
		return os.Symlink(from, to)
	}
	if slices.Contains(outputs, strings.ToLower(e.Name())) {
		return os.Mkdir(to, 0o755)
	}
	children, err := os.ReadDir(from)
	if err != nil || len(children) > maxMirrored {
		return os.Symlink(from, to)
	}
	if err := os.Mkdir(to, 0o755); err != nil {
		return err
	}
	for _, c := range children {
		if err := os.Symlink(filepath.Join(from, c.Name()), filepath.Join(to, c.Name())); err != nil {
			return err
		}
	}
	return nil
}
