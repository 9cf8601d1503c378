// Package auth knows who is calling and what they may do: secrets and their
// hashes, the tokens of attempts, principals, and the table that says what each
// route needs. It knows nothing of HTTP beyond methods, paths and addresses.
package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
)

// The prefixes of secrets, so that a person, a log filter or a secret scanner
// sees what it has found.
const (
	TokenPrefix   = "swp_" // a user's or a worker's token
	AttemptPrefix = "swa_" // the token of one attempt
	CodePrefix    = "swc_" // a one-time code that opens a browser session
)

// NewSecret gives 256 random bits as text that is safe in a header, a URL and a
// shell: the prefix and 43 characters. Store its Hash, never the secret.
func NewSecret(prefix string) string {
	var b [32]byte
	rand.Read(b[:]) // never fails, by its contract
	return prefix + base64.RawURLEncoding.EncodeToString(b[:])
}

// Hash is what is stored of a secret: SHA-256 in 64 hex digits. A secret has
// 256 random bits, so no salt and no slow hash is needed.
func Hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// Matches tells whether a secret has that hash, in a time that does not depend
// on where they differ.
func Matches(secret, hash string) bool {
	return subtle.ConstantTimeCompare([]byte(Hash(secret)), []byte(hash)) == 1
}

// NewKey gives a key for a Signer: 32 random bytes, made once per database.
func NewKey() []byte {
	key := make([]byte, 32)
	rand.Read(key)
	return key
}
