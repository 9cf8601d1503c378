package main

import (
	"context"
	"os"
	"time"

	"github.com/sweepd/sweepd/internal/auth"
	"github.com/sweepd/sweepd/internal/fault"
)

// ownToken gives the token of the data directory, known to the database: made
// once, found by the command line.
func (s *server) ownToken(ctx context.Context) (string, error) {
	secret, err := s.place.token()
	if err != nil {
		return "", err
	}
	if secret == "" {
		secret = auth.NewSecret(auth.TokenPrefix)
	}
	hash := auth.Hash(secret)
	_, err = s.db.TokenByHash(ctx, hash)
	if fault.Is(err, fault.NotFound) {
		err = s.db.CreateToken(ctx, auth.Token{ID: hash[:12], Name: userName(), Role: auth.Admin, Hash: hash, Created: time.Now()})
	}
	if err != nil {
		return "", err
	}
	return secret, s.place.write("token", []byte(secret+"\n"))
}

func userName() string {
	for _, name := range []string{"USER", "LOGNAME"} {
		if v := os.Getenv(name); v != "" {
			return v
		}
	}
	return "admin"
}
