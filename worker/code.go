package worker

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/internal/pack"
)

// codeCache unpacks each frozen directory once per worker. Its copies are
// read-only and appear by a rename, so that what is there is whole.
type codeCache struct {
	ctx   context.Context // of the worker: a fetch outlives the attempt that asked first
	root  string
	files Files
	log   *slog.Logger
	once  singleflight.Group

	mu    sync.Mutex
	trees map[string]*tree
}

func newCodeCache(ctx context.Context, root string, files Files, log *slog.Logger) *codeCache {
	return &codeCache{ctx: ctx, root: root, files: files, log: log, trees: map[string]*tree{}}
}

// cached gives a copy that dir has made, nil for none.
func (c *codeCache) cached(digest string) *tree {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.trees[digest]
}

// dir gives the copy of a digest, fetching it when it is not here. It waits for
// a server that is away.
func (c *codeCache) dir(ctx context.Context, digest string) (*tree, error) {
	if t := c.cached(digest); t != nil {
		return t, nil
	}
	done := c.once.DoChan(digest, func() (any, error) { return c.fetch(c.ctx, digest) })
	select {
	case r := <-done:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.(*tree), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// patience is how often code that the server does not have, or that arrives
// damaged, is asked for again, about ten seconds in all, so that a server which
// cannot give it does not use up a trial's attempts in a moment.
const patience = 9

func (c *codeCache) fetch(ctx context.Context, digest string) (*tree, error) {
	dir := filepath.Join(c.root, filepath.Base(digest))
	if _, err := os.Stat(dir); err != nil {
		err := persist(ctx, func(try int) error {
			err := c.download(ctx, digest, dir)
			if err != nil && try == 0 {
				c.log.Warn("the code of a sweep is not here yet", "digest", digest, "err", err)
			}
			switch {
			case try >= patience:
			case fault.Is(err, fault.NotFound):
				return fault.Unavailablef("the server does not have the sweep's code").Because(err)
			case fault.Is(err, fault.Invalid): // a connection that breaks leaves half an archive
				return fault.Unavailablef("the sweep's code arrived damaged").Because(err)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("fetch the sweep's code: %w", err)
		}
	}
	now := time.Now()
	os.Chtimes(dir, now, now) //nolint:errcheck // it is fetched again when it seems old: see sweepOut
	t, err := newTree(dir)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trees[digest] = t
	return t, nil
}

func (c *codeCache) download(ctx context.Context, digest, dir string) error {
	r, err := c.files.Code(ctx, digest)
	if err != nil {
		return err
	}
	defer r.Close()
	return pack.Unpack(r, dir, digest)
}
