package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/sweepd/sweepd/api/client"
	"github.com/sweepd/sweepd/api/wire"
)

// lab has what measurements share.
type lab struct {
	binary, python, db string
}

func newLab(binary, python, db string) (*lab, error) {
	abs, err := filepath.Abs(binary)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(abs); err != nil {
		return nil, fmt.Errorf("there is no %s: run make build first", binary)
	}
	if p, err := filepath.Abs(python); err == nil {
		python = p
	}
	return &lab{binary: abs, python: python, db: db}, nil
}

// rig is a server started for one measurement.
type rig struct {
	*client.Client
	cmd   *exec.Cmd
	dir   string
	token string
	url   string
	log   bytes.Buffer
}

// serve starts a server in a fresh directory and waits until it answers.
func (l *lab) serve(args ...string) (*rig, error) {
	dir, err := os.MkdirTemp("", "sweepd-bench-")
	if err != nil {
		return nil, err
	}
	r := &rig{dir: dir}
	port := filepath.Join(dir, "port")
	full := append([]string{"serve", "--dir", dir, "--addr", "127.0.0.1:0", "--port-file", port}, args...)
	if l.db != "" {
		full = append(full, "--db", l.db)
	}
	r.cmd = exec.Command(l.binary, full...)
	r.cmd.Stdout, r.cmd.Stderr = &r.log, &r.log
	if err := r.cmd.Start(); err != nil {
		return nil, err
	}
	for range 1000 {
		if b, err := os.ReadFile(port); err == nil {
			r.url = "http://127.0.0.1:" + strings.TrimSpace(string(b))
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	token, err := os.ReadFile(filepath.Join(dir, "token"))
	if err != nil || r.url == "" {
		r.close()
		return nil, fmt.Errorf("the server did not start:\n%s", r.log.String())
	}
	r.token = strings.TrimSpace(string(token))
	r.Client = client.New(r.url, r.token)
	return r, nil
}

// close ends the server and removes its directory.
func (r *rig) close() {
	_ = r.cmd.Process.Signal(syscall.SIGTERM)
	done := make(chan struct{})
	go func() { _ = r.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(15 * time.Second):
		_ = r.cmd.Process.Kill()
		<-done
	}
	os.RemoveAll(r.dir)
}

// submit submits a sweep file as text.
func (r *rig) submit(ctx context.Context, text string) (wire.Sweep, error) {
	return r.Submit(ctx, wire.Submission{Source: text}, "")
}

// await waits until a sweep has ended.
func (r *rig) await(ctx context.Context, id string) (wire.Sweep, error) {
	var after int64
	for {
		c, err := r.Changes(ctx, id, after, 30)
		if err != nil {
			return wire.Sweep{}, err
		}
		after = c.Seq
		if c.Ended {
			return c.Sweep, nil
		}
	}
}

// quantile of a sample; q in [0, 1].
func quantile(xs []float64, q float64) float64 {
	if len(xs) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(xs))
	return s[min(len(s)-1, int(q*float64(len(s))))]
}

// fsync measures what the disk takes to make 4 KiB durable, the median of 50.
func fsync(dir string) (time.Duration, error) {
	f, err := os.CreateTemp(dir, "fsync-")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	block := make([]byte, 4096)
	var took []float64
	for range 50 {
		start := time.Now()
		if _, err := f.Write(block); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		took = append(took, time.Since(start).Seconds())
	}
	return time.Duration(quantile(took, 0.5) * float64(time.Second)), nil
}

// points writes a sweep of n explicit trials without a parameter to speak of.
func points(n int, head string) string {
	var b strings.Builder
	b.WriteString(head)
	b.WriteString("points:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - {i: %d}\n", i)
	}
	return b.String()
}
