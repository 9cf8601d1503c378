package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
)

// Claims is what the token of an attempt says. The numbers are the store's
// internal ones.
type Claims struct {
	Sweep   int64
	Trial   int64
	Attempt int    // its number within the trial; (Trial, Attempt) is the fence
	Run     string // MLflow run of the trial
}

// Signer makes and reads the tokens of attempts. A token that verifies was made
// by a server with the same key; whether its attempt is still live is for the
// write itself to find out, under the attempt's row.
type Signer struct{ key []byte }

// keyLength is the shortest key taken: as long as the digest.
const keyLength = sha256.Size

// NewSigner takes a key of at least 32 bytes.
func NewSigner(key []byte) (*Signer, error) {
	if len(key) < keyLength {
		return nil, fault.Newf(fault.Internal, "the key for attempt tokens has %d bytes, at least %d are needed", len(key), keyLength)
	}
	return &Signer{key: append([]byte(nil), key...)}, nil
}

// Sign gives the token of an attempt: the prefix, the claims and their
// HMAC-SHA256 in base64url. The same claims give the same token. About 1 µs.
func (s *Signer) Sign(c Claims) string {
	payload := binary.AppendVarint(nil, c.Sweep)
	payload = binary.AppendVarint(payload, c.Trial)
	payload = binary.AppendVarint(payload, int64(c.Attempt))
	payload = append(payload, c.Run...)
	return AttemptPrefix + base64.RawURLEncoding.EncodeToString(payload) + "." + base64.RawURLEncoding.EncodeToString(s.mac(payload))
}

// Verify gives the claims of a token that Sign made with the same key.
func (s *Signer) Verify(token string) (Claims, error) {
	text, ok := strings.CutPrefix(token, AttemptPrefix)
	head, tail, dot := strings.Cut(text, ".")
	payload, err1 := base64.RawURLEncoding.Strict().DecodeString(head)
	mac, err2 := base64.RawURLEncoding.Strict().DecodeString(tail)
	if !ok || !dot || err1 != nil || err2 != nil || !hmac.Equal(mac, s.mac(payload)) {
		return Claims{}, errUnknownToken()
	}
	var c Claims
	for _, field := range []*int64{&c.Sweep, &c.Trial} {
		n, size := binary.Varint(payload)
		if size <= 0 {
			return Claims{}, errUnknownToken()
		}
		*field, payload = n, payload[size:]
	}
	n, size := binary.Varint(payload)
	if size <= 0 {
		return Claims{}, errUnknownToken()
	}
	c.Attempt, c.Run = int(n), string(payload[size:])
	return c, nil
}

// mac signs under a name of its own, so that the key may serve other purposes.
func (s *Signer) mac(payload []byte) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte("sweepd attempt token 1\n"))
	h.Write(payload)
	return h.Sum(nil)
}
