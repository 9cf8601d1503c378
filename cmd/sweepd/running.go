package main

import (
	"context"
	"errors"
	"net"
	"net/http"

	"golang.org/x/sync/errgroup"
)

// Run serves until ctx ends: then the worker inside ends what runs within the
// grace, long polls are answered, requests under way finish, loops return, and
// the store closes.
func (s *server) Run(ctx context.Context) error {
	defer s.close()
	g, ctx := errgroup.WithContext(ctx)
	serving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	s.http.BaseContext = func(net.Listener) context.Context { return serving }
	g.Go(func() error {
		if err := s.sched.Run(serving); serving.Err() == nil {
			return err
		}
		return nil
	})
	g.Go(func() error {
		if err := s.http.Serve(s.ln); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	if s.inner != nil {
		g.Go(s.inner.run)
	}
	g.Go(func() error {
		<-ctx.Done()
		if s.inner != nil {
			s.inner.end(grace) // its trials must settle while the server answers
		}
		cancel() // long polls end
		s.shutdown(ctx)
		return nil
	})
	return g.Wait()
}

// shutdown waits for requests under way, and cuts off those that outlast the
// grace: their clients come again.
func (s *server) shutdown(ctx context.Context) {
	quiet, done := detached(ctx)
	defer done()
	if err := s.http.Shutdown(quiet); err != nil {
		s.cfg.Log.Warn("requests were cut off at the end", "error", err)
		s.http.Close()
	}
}
