package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/scheduler"
)

const (
	// keepAlive is how often a quiet event stream says that it is alive.
	keepAlive = 15 * time.Second
	// gather is how long a change waits for others before it is told, so that a
	// busy sweep costs its watchers a few pages a second and not one per change.
	gather = 100 * time.Millisecond
)

// GetChanges answers GET /api/v1/sweeps/{sweep}/changes, by long poll or as an
// event stream: both give the same pages, and a page never splits a change
// number, so that whoever stores the last seq misses nothing and sees nothing
// twice.
func (s *Server) GetChanges(ctx context.Context, r wire.GetChangesRequestObject) (wire.GetChangesResponseObject, error) {
	sw, err := s.sweep(ctx, r.Sweep)
	if err != nil {
		return nil, err
	}
	after := r.Params.After
	if id, err := strconv.ParseInt(r.Params.LastEventID, 10, 64); err == nil {
		after = max(after, id)
	}
	n := limit(r.Params.Limit, 1000)
	if wantsEvents(ctx) {
		return events{ctx, s, sw.No, after, n}, nil
	}
	page, err := s.changesPage(ctx, sw.No, after, n)
	if err == nil && page.Seq == after && !page.Ended && r.Params.Wait > 0 {
		if err = s.changed(ctx, sw.No, after, seconds(r.Params.Wait)); err == nil {
			page, err = s.changesPage(ctx, sw.No, after, n)
		}
	}
	return wire.GetChanges200JSONResponse(page), err
}

// changed waits for a change, and a moment more for those that come with it.
func (s *Server) changed(ctx context.Context, sweep, after int64, wait time.Duration) error {
	start := time.Now()
	if err := s.Scheduler.Changed(ctx, sweep, after, wait); err != nil {
		return err
	}
	rest := min(gather, wait-time.Since(start))
	if rest <= 0 {
		return nil
	}
	select {
	case <-time.After(rest):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// changesPage reads what changed after a number.
func (s *Server) changesPage(ctx context.Context, sweep, after int64, limit int) (wire.Changes, error) {
	c, err := s.Reader.Changes(ctx, sweep, after, limit)
	if err != nil {
		return wire.Changes{}, err
	}
	return fromChanges(c)
}

func fromChanges(c *scheduler.Changes) (wire.Changes, error) {
	out := wire.Changes{Seq: c.Seq, More: c.More, Ended: !c.More && c.Sweep.State.Ended()}
	var err error
	if out.Sweep, err = wire.FromSweep(c.Sweep, c.Stages, c.Branches, false); err != nil {
		return out, err
	}
	if len(c.Trials) > 0 {
		if out.Trials, err = columns(changeColumns, c.Trials, branchNames(c.Branches)); err != nil {
			return out, err
		}
		out.Trials.Seq, out.Trials.Total = c.Seq, int64(c.Sweep.Counts.Created)
	}
	for _, d := range c.Decisions {
		out.Decisions = append(out.Decisions, wire.FromDecision(d))
	}
	return out, nil
}

// changeColumns is what a page needs to bring its rows up to date.
const changeColumns = defaultColumns + ",reason,by,started,ended"

// events streams pages as they come; it ends when the sweep has ended or the
// reader goes.
type events struct {
	ctx   context.Context
	s     *Server
	sweep int64
	after int64
	limit int
}

// VisitGetChangesResponse writes the stream.
func (e events) VisitGetChangesResponse(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	control := http.NewResponseController(w)
	first := true
	for {
		page, err := e.s.changesPage(e.ctx, e.sweep, e.after, e.limit)
		if err != nil {
			return nil // the reader comes again with the last id it saw
		}
		switch {
		case page.Seq > e.after || first:
			err = writeEvent(w, page)
		default:
			_, err = io.WriteString(w, ": alive\n\n")
		}
		first = false
		e.after = max(e.after, page.Seq)
		if err != nil || control.Flush() != nil || page.Ended {
			return nil
		}
		if page.More {
			continue
		}
		if err := e.s.changed(e.ctx, e.sweep, e.after, keepAlive); err != nil {
			return nil
		}
	}
}

func writeEvent(w io.Writer, page wire.Changes) error {
	b, err := json.Marshal(page)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "id: %d\ndata: %s\n\n", page.Seq, b)
	return err
}

type acceptInContext struct{}

// wantsEvents tells whether the request asked for an event stream.
func wantsEvents(ctx context.Context) bool {
	accept, _ := ctx.Value(acceptInContext{}).(string)
	return strings.Contains(accept, "text/event-stream")
}
