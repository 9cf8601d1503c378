package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sweepd/sweepd/api"
	"github.com/sweepd/sweepd/api/mlflow"
	"github.com/sweepd/sweepd/internal/auth"
	"github.com/sweepd/sweepd/internal/blob"
	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/web"
)

// wire puts the surfaces on one listener.
func (s *server) wire(ctx context.Context) error {
	key, err := s.db.Key(ctx, "attempt tokens", auth.NewKey)
	if err != nil {
		return err
	}
	signer, err := auth.NewSigner(key)
	if err != nil {
		return err
	}
	blobs, err := blob.OpenFiles(s.place.file("blobs"))
	if err != nil {
		return err
	}
	s.files = append(s.files, blobs)
	artifacts, err := blob.OpenFiles(s.place.file("artifacts"))
	if err != nil {
		return err
	}
	s.files = append(s.files, artifacts)
	output, err := api.NewOutput(s.place.file("logs"))
	if err != nil {
		return err
	}
	s.files = append(s.files, output)
	service := tracking.Service{Store: s.db, Now: time.Now, NewID: newRunID}
	own, id, err := s.identity()
	if err != nil {
		return err
	}
	if err := s.beside(ctx, own); err != nil {
		return err
	}
	s.sched = scheduler.New(s.db, scheduler.Options{
		TTL: s.cfg.TTL, Log: s.cfg.Log, ServerID: id,
		Mint: func(sweep, trial int64, attempt int, run string) string {
			return signer.Sign(auth.Claims{Sweep: sweep, Trial: trial, Attempt: attempt, Run: run})
		},
		Assemble: scheduler.Assembly{Blobs: blobs},
	})
	s.db.OnChange = s.sched.Wake
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	native := &api.Server{
		Scheduler: s.sched, Reader: s.db, Tracking: service.As, Blobs: blobs, Output: output, Tokens: s.db, Signer: signer,
		Hosts: s.cfg.Hosts, Version: version(), Database: s.db.Dialect(), Dir: s.cfg.Dir, Now: time.Now, Log: s.cfg.Log,
	}
	if err := native.Register(e); err != nil {
		return err
	}
	(&mlflow.Server{Choose: (&views{service: service, db: s.db}).choose, Blobs: artifacts, Log: s.cfg.Log}).Register(e)
	page := web.Handler()
	e.GET("/s/:page", native.Text(page))
	e.GET("/*", echo.WrapHandler(page))
	s.http = &http.Server{
		Handler: e, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelDebug), // of connections, not of requests
	}
	return nil
}
