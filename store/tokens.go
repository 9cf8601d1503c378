package store

import (
	"context"
	"encoding/base64"

	"github.com/sweepd/sweepd/internal/auth"
	"github.com/sweepd/sweepd/internal/fault"
)

type tokenRow struct {
	ID        string `gorm:"primaryKey"`
	Hash      string
	Name      string
	Kind      string
	MadeAt    int64
	UsedAt    int64
	ExpiresAt int64
	RevokedAt int64
}

func (tokenRow) TableName() string { return "tokens" }

func (r *tokenRow) noun() auth.Token {
	return auth.Token{
		ID: r.ID, Name: r.Name, Role: auth.Role(r.Kind), Hash: r.Hash,
		Created: instant(r.MadeAt), Expires: instant(r.ExpiresAt), Used: instant(r.UsedAt),
	}
}

// minute is how exactly the last use of a token is kept, in microseconds.
const minute = 60_000_000

// TokenByHash gives the token with that hash and notes, to the minute, that it
// is used. fault.NotFound when there is none or it is revoked.
func (s *DB) TokenByHash(ctx context.Context, hash string) (auth.Token, error) {
	var row tokenRow
	res := s.reader(ctx).Raw("SELECT * FROM tokens WHERE hash = ? AND revoked_at = 0", hash).Scan(&row)
	if res.Error != nil {
		return auth.Token{}, res.Error
	}
	if res.RowsAffected == 0 {
		return auth.Token{}, fault.NotFoundf("there is no such token")
	}
	if now := micros(s.now()); now-row.UsedAt >= minute {
		row.UsedAt = now - now%minute
		err := s.write(ctx, 0, false, func(t *tx) error {
			_, err := t.exec("UPDATE tokens SET used_at = ? WHERE id = ?", row.UsedAt, row.ID)
			return err
		})
		if err != nil {
			return auth.Token{}, err
		}
	}
	return row.noun(), nil
}

// Tokens lists the tokens that are not revoked, the oldest first.
func (s *DB) Tokens(ctx context.Context) ([]auth.Token, error) {
	var rows []tokenRow
	err := s.reader(ctx).Raw("SELECT * FROM tokens WHERE revoked_at = 0 ORDER BY made_at, id").Scan(&rows).Error
	return plain(rows, (*tokenRow).noun), err
}

// CreateToken stores a token; one with the same ID or hash is fault.Conflict.
func (s *DB) CreateToken(ctx context.Context, k auth.Token) error {
	return s.write(ctx, 0, true, func(t *tx) error {
		if k.Created.IsZero() {
			k.Created = t.now
		}
		n, err := t.exec(`INSERT INTO tokens (id, hash, name, kind, made_at, used_at, expires_at, revoked_at)
			VALUES (?, ?, ?, ?, ?, 0, ?, 0) ON CONFLICT DO NOTHING`, k.ID, k.Hash, k.Name, string(k.Role), micros(k.Created), micros(k.Expires))
		if err == nil && n == 0 {
			return fault.Conflictf("there is a token %s already", k.ID).Coded("token_exists")
		}
		return err
	})
}

// DeleteToken revokes a token at once. fault.NotFound when there is none.
func (s *DB) DeleteToken(ctx context.Context, id string) error {
	return s.write(ctx, 0, true, func(t *tx) error {
		n, err := t.exec("UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at = 0", micros(t.now), id)
		if err == nil && n == 0 {
			return fault.NotFoundf("there is no token %s", id)
		}
		return err
	})
}

// Key gives the database's key of that name, made by draw when it is asked for
// the first time: all servers of a database have the same.
func (s *DB) Key(ctx context.Context, name string, draw func() []byte) ([]byte, error) {
	var text string
	err := s.write(ctx, 0, true, func(t *tx) error {
		fresh := base64.StdEncoding.EncodeToString(draw())
		if _, err := t.exec("INSERT INTO secrets (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", name, fresh); err != nil {
			return err
		}
		_, err := t.scan(&text, "SELECT value FROM secrets WHERE name = ?", name)
		return err
	})
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(text)
}
