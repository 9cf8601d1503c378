package tracking

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"

	"github.com/sweepd/sweepd/internal/fault"
)

// pageToken is what a client carries from page to page: a store's cursor and
// the search it belongs to, so that it is not taken into another one.
type pageToken struct {
	Search string `json:"s"`
	After  Cursor `json:"a"`
}

// fingerprint tells searches apart.
func fingerprint(parts ...any) string {
	h := fnv.New64a()
	for _, p := range parts {
		fmt.Fprintf(h, "%#v\n", p)
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// token is "" when nothing follows.
func token(search string, next Cursor) string {
	if next == "" {
		return ""
	}
	b, err := json.Marshal(pageToken{search, next})
	if err != nil {
		panic("tracking: " + err.Error()) // two strings always marshal
	}
	return base64.StdEncoding.EncodeToString(b)
}

// cursor reads a token of this search; "" is the beginning.
func cursor(search, tok string) (Cursor, error) {
	if tok == "" {
		return "", nil
	}
	b, err := base64.StdEncoding.DecodeString(tok)
	if err != nil {
		return "", fault.Invalidf("Invalid page token, could not base64-decode")
	}
	var t pageToken
	if err := json.Unmarshal(b, &t); err != nil || t.After == "" {
		return "", fault.Invalidf("Invalid page token, decoded value=%q", b)
	}
	if t.Search != search {
		return "", fault.Invalidf("Invalid page token, it belongs to another search").Fix("repeat the search that gave it, with the same filter and order")
	}
	return t.After, nil
}
