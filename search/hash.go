package search

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Hash names a point: 32 hexadecimal digits that are the same for points that
// mean the same in this space, whatever the order of the map or the way through
// JSON, today and in another process. A point that does not fit the space is
// hashed as it is.
func (s *Space) Hash(pt Point) string {
	if c, err := s.Canon(pt); err == nil {
		pt = c
	}
	return hashOf(pt)
}

// hashOf hashes a canonical point. Its numbers are taken as they are: Canon has
// rounded those of a range, and values of a list may differ in any digit.
func hashOf(pt Point) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(pt)) {
		fmt.Fprintf(&b, "%s=%s\n", name, text(pt[name]))
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:16])
}
