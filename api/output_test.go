package api_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/sweepd/sweepd/api"
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials"
)

var ref = trials.Ref{Trial: 7, Attempt: 1}

func newOutput(t *testing.T) *api.Output {
	t.Helper()
	o, err := api.NewOutput(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.Close() })
	return o
}

func put(t *testing.T, o *api.Output, at int64, text string, last bool) {
	t.Helper()
	if err := o.Put(ref, at, []byte(text), last); err != nil {
		t.Fatal(err)
	}
}

func TestOutputIsReadByRange(t *testing.T) {
	o := newOutput(t)
	put(t, o, 0, "hello ", false)
	put(t, o, 6, "world", false)
	put(t, o, 6, "world", false) // the answer was lost, the chunk came again
	for _, c := range []struct {
		offset int64
		limit  int
		want   string
	}{{0, 100, "hello world"}, {6, 3, "wor"}, {-5, 100, "world"}, {-50, 2, "he"}, {11, 10, ""}} {
		p, err := o.Read(context.Background(), ref, c.offset, c.limit, 0, false)
		if err != nil || string(p.Bytes) != c.want || p.Size != 11 || p.Ended {
			t.Errorf("from %d: %q of %d, ended %v, %v", c.offset, p.Bytes, p.Size, p.Ended, err)
		}
	}
}

func TestAGapInTheOutputIsRefused(t *testing.T) {
	o := newOutput(t)
	if err := o.Put(ref, 10, []byte("x"), false); !fault.Is(err, fault.Conflict) {
		t.Errorf("got %v", err)
	}
}

func TestAReaderWaitsForTheNextChunk(t *testing.T) {
	o := newOutput(t)
	put(t, o, 0, "a", false)
	got := make(chan api.OutputPart, 1)
	go func() {
		p, _ := o.Read(context.Background(), ref, 1, 10, time.Minute, false)
		got <- p
	}()
	put(t, o, 1, "b", false)
	select {
	case p := <-got:
		if string(p.Bytes) != "b" {
			t.Errorf("got %q", p.Bytes)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the reader was not woken")
	}
}

func TestOutputThatHasNotBegunIsEmpty(t *testing.T) {
	p, err := newOutput(t).Read(context.Background(), ref, 0, 10, 0, false)
	if err != nil || len(p.Bytes) != 0 || p.Ended {
		t.Errorf("got %q, ended %v, %v", p.Bytes, p.Ended, err)
	}
}

// A worker that died sends no last chunk; its attempt's output ends all the same.
func TestOutputOfALostAttemptEnds(t *testing.T) {
	o := newOutput(t)
	put(t, o, 0, "abc", false)
	for _, c := range []struct {
		offset int64
		ended  bool
	}{{0, true}, {3, true}, {2, true}} {
		p, err := o.Read(context.Background(), ref, c.offset, 10, time.Minute, true)
		if err != nil || p.Ended != c.ended || string(p.Bytes) != "abc"[c.offset:] {
			t.Errorf("from %d: %q, ended %v, %v", c.offset, p.Bytes, p.Ended, err)
		}
	}
	if p, err := o.Read(context.Background(), ref, 0, 2, time.Minute, true); err != nil || p.Ended {
		t.Errorf("a part of it: %+v, %v", p, err)
	}
	other := trials.Ref{Trial: 8, Attempt: 1}
	if p, err := o.Read(context.Background(), other, 0, 2, time.Minute, true); err != nil || !p.Ended {
		t.Errorf("none at all: %+v, %v", p, err)
	}
}

func TestAReaderThatGivesUpGoes(t *testing.T) {
	o := newOutput(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := o.Read(ctx, ref, 0, 10, time.Minute, false); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if p, err := o.Read(context.Background(), ref, 0, 10, time.Millisecond, false); err != nil || p.Ended || len(p.Bytes) > 0 {
		t.Errorf("got %+v, %v", p, err)
	}
}
