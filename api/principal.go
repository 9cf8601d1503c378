package api

import (
	"context"

	"github.com/sweepd/sweepd/internal/auth"
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials"
)

type principalInContext struct{}

// withRequest lays down what strict handlers, which see only a context, need of
// a request: who makes it and which answers it takes.
func withRequest(ctx context.Context, p auth.Principal, accept string) context.Context {
	return context.WithValue(context.WithValue(ctx, principalInContext{}, p), acceptInContext{}, accept)
}

// Principal is who makes a request that passed the guard; Anonymous outside one.
func Principal(ctx context.Context) auth.Principal {
	if p, ok := ctx.Value(principalInContext{}).(auth.Principal); ok {
		return p
	}
	return auth.Principal{Role: auth.Anonymous}
}

// actor is the name that a sweep's log gives to who asked.
func actor(ctx context.Context) string {
	p := Principal(ctx)
	if p.Name != "" {
		return p.Name
	}
	return string(p.Role)
}

// sweep finds the sweep that a request names. Under an attempt's token there is
// its own, as in its view of tracking, and the names of others are not told.
func (s *Server) sweep(ctx context.Context, id string) (*trials.Sweep, error) {
	sw, err := s.Reader.Sweep(ctx, id)
	p := Principal(ctx)
	if p.Role != auth.Attempt || err == nil && sw.No == p.Claims.Sweep {
		return sw, err
	}
	if err == nil || fault.Is(err, fault.NotFound) || fault.Is(err, fault.Invalid) {
		err = fault.NotFoundf("this attempt's token shows no sweep %s", id).Fix("it shows its own sweep, by SWEEPD_SWEEP_ID; others need a token of their own")
	}
	return nil, err
}

// own checks that the caller holds the attempt: its own token, not another's. A
// worker or an admin may act for any.
func own(ctx context.Context, ref trials.Ref) error {
	p := Principal(ctx)
	if p.Role == auth.Attempt && (p.Claims.Trial != ref.Trial || p.Claims.Attempt != ref.Attempt) {
		return fault.Deniedf("this token is of another attempt").Coded(auth.CodeForbidden)
	}
	return nil
}
