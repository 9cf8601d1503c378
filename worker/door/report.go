package door

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/sweepd/sweepd/internal/fault"
)

// Limits of a report, those of the server's contract.
const (
	maxReport = 4 << 20 // bytes of a request
	maxPoints = 1000    // of a request
)

// point is one entry of a report. Metrics are passed on as they came.
type point struct {
	Step      *int64                     `json:"step,omitempty"`      // filled in on arrival: one more than the highest so far
	Timestamp *int64                     `json:"timestamp,omitempty"` // ms since 1970; filled in on arrival
	Metrics   map[string]json.RawMessage `json:"metrics"`
}

type points struct {
	Points []point `json:"points"`
}

type reported struct {
	Stop   bool   `json:"stop"`
	Reason string `json:"reason,omitempty"`
}

// report queues a report and answers at once whether to stop. The points reach
// the server in order, as many together as have gathered while it answered.
func (g *Gate) report(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxReport))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			problem(w, http.StatusRequestEntityTooLarge, fault.Invalidf("a report has at most 4 MiB").Fix("send fewer points at once"))
		}
		return
	}
	var p points
	if err := json.Unmarshal(body, &p); err != nil {
		problem(w, http.StatusBadRequest, fault.Invalidf("the report is not {\"points\": [{\"step\": 1, \"metrics\": {\"loss\": 0.5}}]}").
			Because(err).Fix("NaN and infinities are the strings \"NaN\", \"Infinity\", \"-Infinity\""))
		return
	}
	if err := check(p); err != nil {
		problem(w, http.StatusBadRequest, err)
		return
	}
	now := g.door.cfg.Now().UnixMilli()
	for i := range p.Points {
		if p.Points[i].Timestamp == nil {
			p.Points[i].Timestamp = &now
		}
	}
	answer(w, http.StatusOK, g.take(p.Points))
}

func check(p points) *fault.Error {
	if len(p.Points) == 0 || len(p.Points) > maxPoints {
		return fault.Invalidf("a report has 1 to %d points, this one %d", maxPoints, len(p.Points)).At("/points")
	}
	for _, pt := range p.Points {
		if len(pt.Metrics) == 0 {
			return fault.Invalidf("a point without metrics").At("/points").Fix("name at least one: {\"metrics\": {\"loss\": 0.5}}")
		}
		for name, v := range pt.Metrics {
			if !number(v) {
				return fault.Invalidf("metric %s is %s, not a number", name, v).At("/points/metrics/" + name).
					Fix("NaN and infinities are the strings \"NaN\", \"Infinity\", \"-Infinity\"")
			}
		}
	}
	return nil
}

// number tells whether v is a JSON number or one of the three strings.
func number(v json.RawMessage) bool {
	switch string(v) {
	case `"NaN"`, `"Infinity"`, `"-Infinity"`:
		return true
	}
	return len(v) > 0 && (v[0] == '-' || (v[0] >= '0' && v[0] <= '9'))
}

func (g *Gate) take(ps []point) reported {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.reports += len(ps)
	for i := range ps {
		if ps[i].Step == nil { // numbered here, so that a repeated request says the same
			next := g.step + 1
			ps[i].Step = &next
		}
		g.step = max(g.step, *ps[i].Step)
	}
	if !g.stale {
		g.queue = append(g.queue, ps...)
		select {
		case g.wake <- struct{}{}:
		default:
		}
	}
	return reported{Stop: g.stop, Reason: g.reason}
}

// send is the goroutine that passes reports on, one request at a time so that
// they stay in order. It ends with the gate.
func (g *Gate) send() {
	for {
		select {
		case <-g.wake:
		case <-g.ctx.Done():
			return
		}
		for g.ctx.Err() == nil {
			batch := g.next()
			if len(batch) == 0 {
				break
			}
			g.pass(batch)
			g.exit()
		}
	}
}

// next takes the points of the next request and counts it as under way.
func (g *Gate) next() []point {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.queue), maxPoints)
	batch := g.queue[:n:n]
	if g.queue = g.queue[n:]; n > 0 {
		g.open++
	}
	return batch
}

// pass sends points until the server has answered for each. It may refuse a
// request for one of its points: the others are sent again without it.
func (g *Gate) pass(batch []point) {
	status, text := g.deliver(batch)
	if status >= 400 && status < 500 && status != http.StatusConflict && len(batch) > 1 {
		half := len(batch) / 2
		g.pass(batch[:half])
		g.pass(batch[half:])
		return
	}
	if status != 0 {
		g.hear(status, text)
	}
}

// deliver sends one request and gives its answer, status 0 when there is none.
// An answer that the same request may not get again - the server has no room, or
// a defect - is waited out for a while.
func (g *Gate) deliver(batch []point) (status int, text []byte) {
	for wait := firstWait; ; wait *= 2 {
		if status, text = g.ask(batch); status != http.StatusTooManyRequests && status < 500 || wait > lastWait {
			return status, text
		}
		pause := time.NewTimer(wait)
		select {
		case <-pause.C:
		case <-g.ctx.Done():
			pause.Stop()
			return 0, nil
		}
	}
}

func (g *Gate) ask(batch []point) (status int, text []byte) {
	body, err := json.Marshal(points{batch})
	if err != nil {
		g.door.cfg.Log.Error("a report was lost", "err", err)
		return 0, nil
	}
	head := http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + g.token}, "Idempotency-Key": {uuid.NewString()}}
	resp, err := g.repeat(g.ctx, http.MethodPost, g.door.cfg.Upstream.JoinPath("/api/v1/report").String(), head, func() (io.Reader, error) { return bytes.NewReader(body), nil }, int64(len(body)))
	if err != nil {
		return 0, nil // the gate is closed
	}
	defer resp.Body.Close()
	if text, err = io.ReadAll(io.LimitReader(resp.Body, 64<<10)); err != nil {
		return 0, nil
	}
	return resp.StatusCode, text
}

// hear acts on the server's answer to a batch.
func (g *Gate) hear(status int, text []byte) {
	switch {
	case status == http.StatusConflict:
		g.mu.Lock()
		g.stale, g.queue = true, nil
		g.mu.Unlock()
	case status >= 300:
		g.door.cfg.Log.Warn("the server refused a report", "status", status, "answer", string(text))
	default:
		var said reported
		if json.Unmarshal(text, &said) == nil && said.Stop {
			g.told(said.Reason)
		}
	}
}
