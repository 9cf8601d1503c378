package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials"
)

// How output is stored. Of more than 64 MiB the first 16 and the last 48 are
// kept: the first 16 are uploaded as they are written, the last 48 when the
// attempt has ended, a line between them says what is missing.
const (
	chunkSize  = 256 << 10
	uploadGap  = 500 * time.Millisecond
	outputHead = 16 << 20
	outputTail = 48 << 20
)

// output uploads what an attempt prints, from the file it prints to.
type output struct {
	path  string
	lease *trials.Lease
	files Files
	log   *slog.Logger

	chunk   int
	pending []byte // of the chunk that is not acknowledged: it is repeated as it is
	sent    int64  // bytes of the file; equal to the offset until something is left out
	offset  int64  // bytes uploaded
	patient bool   // a chunk is repeated until it is taken; else the next tick does it, when the file has grown
	refused bool   // the server does not want it: stale, or too much
	ended   bool   // the server has been told that there is no more
	punched int64  // end of the hole in the file
}

func newOutput(path string, l *trials.Lease, files Files, log *slog.Logger) *output {
	return &output{path: path, lease: l, files: files, log: log}
}

// follow uploads while the file grows, until ctx ends.
func (o *output) follow(ctx context.Context) {
	tick := time.NewTicker(uploadGap)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if err := o.grow(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, fs.ErrNotExist) {
			o.log.Debug("output was not stored yet", "err", err)
		}
	}
}

// grow uploads what was printed since, as far as it is in the head, and drops
// from the disk what will be in neither head nor tail.
func (o *output) grow(ctx context.Context) error {
	f, err := os.OpenFile(o.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if hole := info.Size() - outputTail - chunkSize; hole > max(o.punched, outputHead)+chunkSize {
		unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, outputHead, hole-outputHead) //nolint:errcheck // a file system without holes keeps it all
		o.punched = hole
	}
	return o.upload(ctx, f, min(info.Size(), outputHead), false)
}

// upload sends chunks up to a position in the file.
func (o *output) upload(ctx context.Context, f io.ReaderAt, to int64, last bool) error {
	for !o.refused && (o.pending != nil || o.sent < to) {
		if o.pending == nil {
			b := make([]byte, min(chunkSize, to-o.sent))
			n, err := f.ReadAt(b, o.sent)
			if n == 0 {
				return err
			}
			o.pending = b[:n]
		}
		end := o.sent + int64(len(o.pending))
		if err := o.put(ctx, o.pending, last && end == to); err != nil {
			return err
		}
		o.sent, o.pending = end, nil
	}
	return nil
}

// put sends one chunk.
func (o *output) put(ctx context.Context, b []byte, last bool) error {
	once := func(int) error { return o.files.PutLog(ctx, o.lease.Token, o.lease.Ref, o.chunk, o.offset, last, b) }
	var err error
	if o.patient {
		err = persist(ctx, once)
	} else {
		err = once(0)
	}
	if err != nil {
		o.refused = o.refused || (!passing(err) && ctx.Err() == nil)
		if fault.Is(err, fault.Stale) {
			return nil // the settlement will say so
		}
		return err
	}
	o.chunk++
	o.offset += int64(len(b))
	o.ended = o.ended || last
	return nil
}

// finish uploads the rest once the attempt has ended, and says that it is all:
// with the last chunk, or with an empty one when that has left already.
func (o *output) finish(ctx context.Context) error {
	o.patient = true
	if err := o.remainder(ctx); err != nil || o.refused || o.ended {
		return err
	}
	return o.put(ctx, []byte{}, true)
}

// remainder uploads what has not been.
func (o *output) remainder(ctx context.Context) error {
	f, err := os.Open(o.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	if size <= outputHead+outputTail {
		return o.upload(ctx, f, size, true)
	}
	if err := o.upload(ctx, f, outputHead, false); err != nil || o.refused {
		return err
	}
	line := fmt.Sprintf("\n[sweepd] %d MiB of output are left out here\n", (size-outputHead-outputTail)>>20)
	if err := o.put(ctx, []byte(line), false); err != nil {
		return err
	}
	o.sent = size - outputTail
	return o.upload(ctx, f, size, true)
}

// tailOf reads the last n bytes of a file, nothing when it cannot be read.
func tailOf(path string, n int64) []byte {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil
	}
	from := max(0, info.Size()-n)
	text, err := io.ReadAll(io.NewSectionReader(f, from, info.Size()-from))
	if err != nil {
		return nil
	}
	return text
}
