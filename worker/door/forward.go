package door

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"time"

	"github.com/google/uuid"

	"github.com/sweepd/sweepd/internal/fault"
)

const (
	inMemory  = 4 << 20               // of a body; the rest goes to a file
	firstWait = 50 * time.Millisecond // before the first repetition
	lastWait  = 2 * time.Second       // between later ones
	patience  = 120 * time.Second     // for the server to begin an answer
)

// forward passes a request on and its answer back, repeating it until there is
// one. The request goes on when its sender is gone: what was said arrives.
func (g *Gate) forward(w http.ResponseWriter, r *http.Request) {
	g.enter()
	defer g.exit()
	body, err := keep(r.Body, g.door.cfg.Spool)
	if err != nil {
		if r.Context().Err() == nil {
			problem(w, http.StatusInternalServerError, fault.Newf(fault.Internal, "keep the request until it is answered").Because(err))
		}
		return
	}
	defer body.drop()
	ctx := g.ctx
	head := r.Header.Clone()
	for _, h := range []string{"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Accept-Encoding"} {
		head.Del(h)
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		ctx = r.Context() // nobody would read the answer
	} else if head.Get("Idempotency-Key") == "" {
		head.Set("Idempotency-Key", uuid.NewString())
	}
	to := g.door.cfg.Upstream.JoinPath(r.URL.EscapedPath())
	to.RawQuery = r.URL.RawQuery
	resp, err := g.repeat(ctx, r.Method, to.String(), head, body.open, body.size)
	if err != nil {
		problem(w, http.StatusServiceUnavailable, fault.Unavailablef("the worker is ending").Because(err))
		return
	}
	defer resp.Body.Close()
	for name, values := range resp.Header {
		w.Header()[name] = values
	}
	w.Header().Del("Connection")
	w.WriteHeader(resp.StatusCode)
	io.Copy(w, resp.Body) //nolint:errcheck // the reader is gone, or the answer broke off and the length shows it
}

// repeat sends a request until a server answers with anything but 502, 503 or
// 504; a server that is away or restarts is waited for, until ctx or the gate
// ends. The caller closes the answer's body, which is at hand in memory when it
// is small, so that an answer that breaks off is repeated as well.
func (g *Gate) repeat(ctx context.Context, method, url string, head http.Header, open func() (io.Reader, error), size int64) (*http.Response, error) {
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		resp, err := g.once(ctx, method, url, head, open, size)
		if err == nil {
			return resp, nil
		}
		g.door.cfg.Log.Debug("the server does not answer; the request is held", "method", method, "url", url, "err", err)
		pause := time.NewTimer(wait/2 + rand.N(wait))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return nil, ctx.Err()
		case <-g.ctx.Done():
			pause.Stop()
			return nil, g.ctx.Err()
		}
	}
}

var errAway = errors.New("the server is not ready")

func (g *Gate) once(ctx context.Context, method, url string, head http.Header, open func() (io.Reader, error), size int64) (*http.Response, error) {
	body, err := open()
	if err != nil {
		return nil, err
	}
	if size == 0 {
		body = http.NoBody
	}
	ctx, cancel := context.WithCancel(ctx)
	giveUp := time.AfterFunc(patience, cancel)
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		cancel()
		return nil, err
	}
	req.Header, req.ContentLength = head.Clone(), size
	resp, err := g.door.cfg.Transport.RoundTrip(req)
	giveUp.Stop()
	if err != nil {
		cancel()
		return nil, err
	}
	switch resp.StatusCode {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		resp.Body.Close()
		cancel()
		return nil, errAway
	}
	if err := small(resp, cancel); err != nil {
		cancel()
		return nil, err
	}
	return resp, nil
}

// small reads a body of up to 1 MiB into memory. A larger one streams, and
// closing it ends its request.
func small(resp *http.Response, cancel func()) error {
	const limit = 1 << 20
	head, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		resp.Body.Close()
		return err
	}
	if len(head) <= limit {
		resp.Body.Close()
		resp.Body = io.NopCloser(bytes.NewReader(head))
		cancel()
		return nil
	}
	resp.Body = &stream{Reader: io.MultiReader(bytes.NewReader(head), resp.Body), body: resp.Body, cancel: cancel}
	return nil
}

type stream struct {
	io.Reader
	body   io.Closer
	cancel func()
}

func (s *stream) Close() error {
	defer s.cancel()
	return s.body.Close()
}

// kept is a request body that can be sent again.
type kept struct {
	head []byte
	file *os.File // the rest, nil when there is none
	size int64
}

// keep reads a body, the first 4 MiB to memory and the rest to a file in dir.
func keep(r io.Reader, dir string) (*kept, error) {
	head, err := io.ReadAll(io.LimitReader(r, inMemory))
	if err != nil {
		return nil, err
	}
	k := &kept{head: head, size: int64(len(head))}
	if len(head) < inMemory {
		return k, nil
	}
	if k.file, err = os.CreateTemp(dir, "body-*"); err != nil {
		return nil, err
	}
	os.Remove(k.file.Name()) //nolint:errcheck // it is read through its descriptor, and nothing is left when this process is killed
	n, err := io.Copy(k.file, r)
	if err != nil {
		k.drop()
		return nil, err
	}
	k.size += n
	return k, nil
}

func (k *kept) open() (io.Reader, error) {
	if k.file == nil {
		return bytes.NewReader(k.head), nil
	}
	return io.MultiReader(bytes.NewReader(k.head), io.NewSectionReader(k.file, 0, k.size-int64(len(k.head)))), nil
}

func (k *kept) drop() {
	if k.file != nil {
		k.file.Close()
	}
}
