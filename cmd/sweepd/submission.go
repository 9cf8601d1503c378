package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/sweepd/sweepd/api/client"
	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/internal/pack"
	"github.com/sweepd/sweepd/trials/spec"
)

// submission reads a sweep file, checks it here, where its directory is, and
// packs that directory. Nothing is uploaded yet.
func submission(file string, set []string, smoke bool) (wire.Submission, *spec.Spec, []spec.Warning, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return wire.Submission{}, nil, nil, fault.NotFoundf("cannot read the sweep file").At(file).Because(err)
	}
	dir, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		return wire.Submission{}, nil, nil, err
	}
	sub := wire.Submission{Source: string(text), File: file, Set: set, Workdir: dir, Interpreter: interpreter(), Smoke: smoke}
	sp, warnings, err := spec.Parse(text, spec.Options{
		File: file, Set: set, Smoke: smoke, Dir: dir, Seed: func() uint64 { return 0 }, ReadFile: sending(&sub),
		Exists: func(name string) error { _, err := os.Stat(beside(dir, name)); return err },
	})
	return sub, sp, warnings, err
}

// sending reads files that a sweep file names, relative to its directory, and
// puts them into the submission, since the server reads no other.
func sending(sub *wire.Submission) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		b, err := os.ReadFile(beside(sub.Workdir, name))
		if err == nil {
			if sub.Files == nil {
				sub.Files = map[string]string{}
			}
			sub.Files[name] = string(b)
		}
		return b, err
	}
}

// beside is a path relative to the sweep file's directory.
func beside(dir, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

// upload freezes the sweep's directory on the server, unless it is there
// already, and names it in the submission.
func upload(ctx context.Context, c *client.Client, sub *wire.Submission) error {
	f, err := os.CreateTemp("", "sweepd-pack-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if sub.Code, _, err = pack.Pack(f, sub.Workdir); err != nil {
		return err
	}
	there, err := c.HasCode(ctx, sub.Code)
	if err != nil || there {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return c.PutCode(ctx, sub.Code, f)
}

// interpreter is the Python of the environment that submits, "" when there is
// none.
func interpreter() string {
	if venv := os.Getenv("VIRTUAL_ENV"); venv != "" {
		return filepath.Join(venv, "bin", "python")
	}
	for _, name := range []string{"python3", "python"} {
		if p, err := exec.LookPath(name); err == nil {
			return p
		}
	}
	return ""
}

func newRunID() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
