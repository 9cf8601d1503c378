package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"sync"
	"time"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials"
)

// Output keeps what attempts wrote to their standard output and error, one file
// each. A chunk says where it begins, so that the same chunk again changes
// nothing; whoever waits for bytes is woken by the chunk that brings them.
type Output struct {
	root *os.Root

	mu      sync.Mutex
	waiting map[trials.Ref]*arrival
}

// arrival is closed by the next chunk of an attempt.
type arrival struct {
	next    chan struct{}
	readers int // the last to leave takes it away
}

// NewOutput keeps output below dir, which is made when it is missing.
func NewOutput(dir string) (*Output, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.Invalidf("the folder for output cannot be made").At(dir).Because(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fault.Invalidf("the folder for output cannot be opened").At(dir).Because(err)
	}
	return &Output{root: root, waiting: map[trials.Ref]*arrival{}}, nil
}

// Close lets go of the directory.
func (o *Output) Close() error { return o.root.Close() }

// OutputPart is a stretch of output.
type OutputPart struct {
	Bytes  []byte
	Offset int64 // of the first byte
	Size   int64 // bytes there are so far
	Ended  bool  // no more will come
}

// file spreads attempts over folders of a thousand trials.
func file(ref trials.Ref) string {
	return fmt.Sprintf("%d/%d.%d.log", ref.Trial/1000, ref.Trial, ref.Attempt)
}

// Put writes a chunk at its offset. A gap is refused with fault.Conflict: the
// chunk before it has not arrived, and its sender repeats in order.
func (o *Output) Put(ref trials.Ref, offset int64, b []byte, last bool) error {
	name := file(ref)
	if err := o.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := o.root.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if offset > info.Size() {
		return fault.Conflictf("output begins at byte %d, but there are only %d so far", offset, info.Size()).Coded("log_gap")
	}
	if _, err := f.WriteAt(b, offset); err != nil {
		return err
	}
	if last {
		if err := o.root.WriteFile(name+".end", nil, 0o644); err != nil {
			return err
		}
	}
	o.wake(ref)
	return nil
}

// Read gives up to limit bytes from an offset; a negative one counts from the
// end. When there are none beyond it yet, it waits for them, at most wait.
// The output has ended with its last chunk, or with what there is when final
// says that nobody will send more.
func (o *Output) Read(ctx context.Context, ref trials.Ref, offset int64, limit int, wait time.Duration, final bool) (OutputPart, error) {
	if wait <= 0 {
		return o.read(ref, offset, limit, final)
	}
	deadline := time.NewTimer(wait)
	defer deadline.Stop()
	for {
		a := o.listen(ref)
		p, err := o.read(ref, offset, limit, final)
		if err != nil || len(p.Bytes) > 0 || p.Ended {
			o.leave(ref, a)
			return p, err
		}
		offset = p.Offset // from the end means the end there was
		select {
		case <-a.next:
		case <-deadline.C:
			o.leave(ref, a)
			return p, nil
		case <-ctx.Done():
			o.leave(ref, a)
			return p, ctx.Err()
		}
	}
}

func (o *Output) read(ref trials.Ref, offset int64, limit int, final bool) (OutputPart, error) {
	f, err := o.root.Open(file(ref))
	if errors.Is(err, fs.ErrNotExist) {
		return OutputPart{Ended: final}, nil
	}
	if err != nil {
		return OutputPart{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return OutputPart{}, err
	}
	if offset < 0 {
		offset = max(0, info.Size()+offset)
	}
	if _, err := o.root.Stat(file(ref) + ".end"); err == nil {
		final = true
	}
	p := OutputPart{Offset: offset, Size: info.Size()}
	if n := min(int64(limit), info.Size()-offset); n > 0 {
		p.Bytes = make([]byte, n)
		if _, err := f.ReadAt(p.Bytes, offset); err != nil && !errors.Is(err, io.EOF) {
			return p, err
		}
	}
	p.Ended = final && p.Offset+int64(len(p.Bytes)) >= p.Size
	return p, nil
}

// listen begins to wait for the next chunk of an attempt.
func (o *Output) listen(ref trials.Ref) *arrival {
	o.mu.Lock()
	defer o.mu.Unlock()
	a := o.waiting[ref]
	if a == nil {
		a = &arrival{next: make(chan struct{})}
		o.waiting[ref] = a
	}
	a.readers++
	return a
}

// leave waits no more.
func (o *Output) leave(ref trials.Ref, a *arrival) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if a.readers--; a.readers == 0 && o.waiting[ref] == a {
		delete(o.waiting, ref)
	}
}

func (o *Output) wake(ref trials.Ref) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if a := o.waiting[ref]; a != nil {
		close(a.next)
		delete(o.waiting, ref)
	}
}
