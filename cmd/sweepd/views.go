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
	kept, ok := v.of[p.Claims]
	v.mu.Unlock()
	if ok {
		return kept, nil
	}
	run, err := v.db.Run(r.Context(), p.Claims.Run)
	if err != nil {
		return nil, err
	}
	attempt := view.Attempt{
		Ref: trials.Ref{Trial: p.Claims.Trial, Attempt: p.Claims.Attempt}, Run: p.Claims.Run, Experiment: run.Experiment,
	}
	return v.keep(p.Claims, view.New(v.service.As(attempt.Author()), attempt, v.db)), nil
}

// keep gives the view of an attempt that was made first, when two requests made
// one at once.
func (v *views) keep(c auth.Claims, made tracking.API) tracking.API {
	v.mu.Lock()
	defer v.mu.Unlock()
	if first, ok := v.of[c]; ok {
		return first
	}
	if v.of == nil || len(v.of) >= keptViews {
		v.of = map[auth.Claims]tracking.API{}
	}
	v.of[c] = made
	return made
}
