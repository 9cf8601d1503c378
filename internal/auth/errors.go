package auth

import (
	"encoding/base64"
	"net/netip"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
)

// The codes of what is denied: nobody knows who is calling (HTTP's 401), or it
// is known and not enough (403).
const (
	CodeUnauthenticated = "unauthenticated"
	CodeForbidden       = "forbidden"
)

func errUnknownToken() error {
	return fault.Deniedf("the token is not known here").Coded(CodeUnauthenticated).
		Fix("was it made by another server, revoked, or cut when it was copied? sweepd token ls shows what there is")
}

// password gives the password of basic credentials.
func password(text string) (string, error) {
	b, err := base64.StdEncoding.DecodeString(text)
	_, secret, ok := strings.Cut(string(b), ":")
	if err != nil || !ok {
		return "", fault.Deniedf("the Authorization header is no valid basic authentication").Coded(CodeUnauthenticated).
			Fix("send Authorization: Bearer swp_..., or the token as the password")
	}
	return secret, nil
}

// Loopback tells whether a peer's address, "host:port", is of this machine. A
// socket in the file system has none and is of this machine too.
func Loopback(remote string) bool {
	if remote == "" || remote == "@" {
		return true
	}
	ap, err := netip.ParseAddrPort(remote)
	return err == nil && ap.Addr().Unmap().IsLoopback()
}
