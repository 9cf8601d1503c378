package auth_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/sweepd/sweepd/internal/auth"
	"github.com/sweepd/sweepd/internal/fault"
)

func TestSecretsDifferAndMatchTheirHashAlone(t *testing.T) {
	a, b := auth.NewSecret(auth.TokenPrefix), auth.NewSecret(auth.TokenPrefix)
	if a == b {
		t.Fatal("twice the same secret")
	}
	if len(a) != 4+43 || !strings.HasPrefix(a, "swp_") {
		t.Errorf("secret %q: want swp_ and 43 characters", a)
	}
	if !auth.Matches(a, auth.Hash(a)) || auth.Matches(b, auth.Hash(a)) || auth.Matches("", auth.Hash(a)) {
		t.Error("a secret matches its own hash and no other")
	}
}

func signer(t *testing.T) *auth.Signer {
	t.Helper()
	s, err := auth.NewSigner(auth.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAttemptTokenSaysWhatWasSigned(t *testing.T) {
	s := signer(t)
	for _, want := range []auth.Claims{
		{},
		{Sweep: 1, Trial: 2, Attempt: 3, Run: "0123456789abcdef0123456789abcdef"},
		{Sweep: 1<<63 - 1, Trial: 1<<63 - 1, Attempt: 1<<31 - 1, Run: "a.b/ü"},
	} {
		got, err := s.Verify(s.Sign(want))
		if err != nil || got != want {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
	}
}

func TestAttemptTokenOfAnotherKeyOrChangedIsDenied(t *testing.T) {
	s := signer(t)
	token := s.Sign(auth.Claims{Sweep: 1, Trial: 2, Attempt: 3, Run: "r"})
	if _, err := signer(t).Verify(token); !fault.Is(err, fault.Denied) {
		t.Errorf("another key: %v, want denied", err)
	}
	for i := range token {
		changed := []byte(token)
		changed[i] ^= 1
		if _, err := s.Verify(string(changed)); !fault.Is(err, fault.Denied) {
			t.Errorf("character %d changed: %v, want denied", i, err)
		}
	}
	for _, bad := range []string{"", "swa_", "swa_.", "swp_x", token[:len(token)-1], token + "A"} {
		if _, err := s.Verify(bad); !fault.Is(err, fault.Denied) {
			t.Errorf("%q: %v, want denied", bad, err)
		}
	}
}

func TestAShortKeyIsRefused(t *testing.T) {
	if _, err := auth.NewSigner(make([]byte, 31)); err == nil {
		t.Error("31 bytes were taken as a key")
	}
}

// directory is a stored table of tokens, by hash.
type directory map[string]auth.Token

func (d directory) TokenByHash(_ context.Context, hash string) (auth.Token, error) {
	t, ok := d[hash]
	if !ok {
		return auth.Token{}, fault.NotFoundf("token")
	}
	return t, nil
}

func TestWho(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	ann, old := auth.NewSecret(auth.TokenPrefix), auth.NewSecret(auth.TokenPrefix)
	a := auth.Authenticator{Signer: signer(t), Now: func() time.Time { return now }, Tokens: directory{
		auth.Hash(ann): {ID: "t1", Name: "ann", Role: auth.Admin, Hash: auth.Hash(ann), Expires: now.Add(time.Nanosecond)},
		auth.Hash(old): {ID: "t2", Name: "old", Role: auth.Admin, Hash: auth.Hash(old), Expires: now},
	}}
	claims := auth.Claims{Sweep: 4, Trial: 5, Attempt: 6, Run: "r"}
	for _, c := range []struct {
		name, header, remote string
		want                 auth.Principal
	}{
		{"no token", "", "10.0.0.1:5", auth.Principal{Role: auth.Anonymous}},
		{"no token, this machine", "", "127.0.0.1:5", auth.Principal{Role: auth.Anonymous, Loopback: true}},
		{"no token, this machine by IPv6", "", "[::1]:5", auth.Principal{Role: auth.Anonymous, Loopback: true}},
		{"a user", "Bearer " + ann, "10.0.0.1:5", auth.Principal{Role: auth.Admin, TokenID: "t1", Name: "ann"}},
		{"small letters", "bearer " + ann, "10.0.0.1:5", auth.Principal{Role: auth.Admin, TokenID: "t1", Name: "ann"}},
		{"as a password", "Basic " + base64.StdEncoding.EncodeToString([]byte("x:"+ann)), "10.0.0.1:5", auth.Principal{Role: auth.Admin, TokenID: "t1", Name: "ann"}},
		{"an attempt", "Bearer " + a.Signer.Sign(claims), "127.0.0.1:5", auth.Principal{Role: auth.Attempt, Claims: claims, Loopback: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := a.Who(context.Background(), c.header, c.remote)
			if err != nil || got != c.want {
				t.Errorf("got %+v, %v, want %+v", got, err, c.want)
			}
		})
	}
	for name, header := range map[string]string{
		"unknown": "Bearer " + auth.NewSecret(auth.TokenPrefix), "expired this instant": "Bearer " + old,
		"other scheme": "Digest x", "torn basic": "Basic !", "forged attempt": "Bearer swa_AA.AA", "its hash": "Bearer " + auth.Hash(ann),
	} {
		if _, err := a.Who(context.Background(), header, "127.0.0.1:5"); fault.Of(err) == nil || fault.Of(err).Code != auth.CodeUnauthenticated {
			t.Errorf("%s: %v, want %s", name, err, auth.CodeUnauthenticated)
		}
	}
}

func TestLoopback(t *testing.T) {
	for remote, want := range map[string]bool{
		"127.0.0.1:1": true, "127.9.9.9:1": true, "[::1]:1": true, "[::ffff:127.0.0.1]:1": true, "": true,
		"10.0.0.1:1": false, "0.0.0.0:1": false, "[::]:1": false, "localhost:1": false, "127.0.0.1": false,
	} {
		if got := auth.Loopback(remote); got != want {
			t.Errorf("Loopback(%q) = %v, want %v", remote, got, want)
		}
	}
}
