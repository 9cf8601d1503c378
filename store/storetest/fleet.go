package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/sweepd/sweepd/internal/auth"
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials"
)

func tokens(t *testing.T, open Open) {
	h := build(t, open)
	secret := auth.NewSecret(auth.TokenPrefix)
	k := auth.Token{ID: "t1", Name: "ann", Role: auth.Admin, Hash: auth.Hash(secret), Created: h.clock.now(), Expires: h.clock.now().Add(time.Hour)}
	h.must(h.db.CreateToken(t.Context(), k))
	if err := h.db.CreateToken(t.Context(), k); !fault.Is(err, fault.Conflict) {
		t.Errorf("twice: %v, want conflict", err)
	}
	got, err := h.db.TokenByHash(t.Context(), auth.Hash(secret))
	h.must(err)
	used := got.Used
	got.Used = time.Time{}
	is(t, "token", got, k)
	is(t, "used", h.clock.now().Sub(used) < time.Minute, true)
	list, err := h.db.Tokens(t.Context())
	h.must(err)
	is(t, "tokens", len(list), 1)
	h.must(h.db.DeleteToken(t.Context(), "t1"))
	if _, err := h.db.TokenByHash(t.Context(), auth.Hash(secret)); !fault.Is(err, fault.NotFound) {
		t.Errorf("a revoked token: %v, want not found", err)
	}
	if err := h.db.DeleteToken(t.Context(), "t1"); !fault.Is(err, fault.NotFound) {
		t.Errorf("revoked twice: %v, want not found", err)
	}
	first, err := h.db.Key(t.Context(), "attempts", auth.NewKey)
	h.must(err)
	again, err := h.db.Key(t.Context(), "attempts", auth.NewKey)
	h.must(err)
	is(t, "one key", slices.Equal(first, again), true)
	is(t, "its length", len(first), 32)
}

func fleet(t *testing.T, open Open) {
	h := build(t, open)
	_, err := h.db.Serving(t.Context(), "a", ttl)
	h.must(err)
	alone, err := h.db.Serving(t.Context(), "a", ttl)
	h.must(err)
	is(t, "the first server is alone", alone, true)
	for own, want := range map[string]string{"a": "", "b": "a", "": "", "ab": "a"} {
		other, ago, err := h.db.OtherServer(t.Context(), own, ttl)
		h.must(err)
		is(t, "another than "+own, other, want)
		is(t, "seen just now", ago < ttl, true)
	}

	w := h.submit(oneStage(1, 1))
	w.create(1)
	h.must(h.db.Hello(t.Context(), trials.Worker{ID: "w1", Host: "n1", Slots: 2, CPU: 2, Warm: true, Devices: []trials.Device{{UUID: "g"}}, Labels: map[string]string{"a": "b"}}, ttl))
	c := h.take("w1", 1)[0]
	list, err := h.db.Workers(t.Context())
	h.must(err)
	is(t, "workers", len(list), 1)
	is(t, "holds", list[0].Held[0], ref(c))
	is(t, "devices", list[0].Devices[0].UUID+list[0].Labels["a"], "gb")
	h.must(h.db.Drain(t.Context(), "w1", true))
	_, drain, err := h.db.Renew(t.Context(), trials.Beat{Worker: "w1"}, ttl)
	h.must(err)
	is(t, "told to drain", drain, true)
	if err := h.db.Drain(t.Context(), "w2", true); !fault.Is(err, fault.NotFound) || fault.Of(err).Hint != "did you mean w1?" {
		t.Errorf("no such worker: %v", err)
	}
}
