package main

import (
	"net/http"
	"sync"

	"github.com/sweepd/sweepd/api"
	"github.com/sweepd/sweepd/internal/auth"
	"github.com/sweepd/sweepd/store"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/view"
)

// views gives each request its tracking: under an attempt's token the trial's
// own small MLflow, else the whole. A view is kept as long as its attempt is
// likely to use it.
type views struct {
	service tracking.Service
	db      *store.DB

	mu sync.Mutex
	of map[auth.Claims]tracking.API
}

// keptViews is how many attempts' views are kept; beyond, all are made anew.
const keptViews = 4096

func (v *views) choose(r *http.Request) (tracking.API, error) {
	p := api.Principal(r.Context())
	if p.Role != auth.Attempt {
		return v.service.As(tracking.Author{}), nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if a, ok := v.of[p.Claims]; ok {
		return a, nil
	}
	run, err := v.db.Run(r.Context(), p.Claims.Run)
	if err != nil {
		return nil, err
	}
	attempt := view.Attempt{
		Ref: trials.Ref{Trial: p.Claims.Trial, Attempt: p.Claims.Attempt}, Run: p.Claims.Run, Experiment: run.Experiment,
	}
	a := view.New(v.service.As(attempt.Author()), attempt, v.db)
	if v.of == nil || len(v.of) >= keptViews {
		v.of = map[auth.Claims]tracking.API{}
	}
	v.of[p.Claims] = a
	return a, nil
}
