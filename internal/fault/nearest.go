package fault

import (
	"fmt"
	"strings"
)

// maxWord bounds what is compared, in bytes.
const maxWord = 200

// Nearest gives the candidate that looks most like word (edit distance with
// swaps, on lower case, at most a third of the longer word and at least 1), "" when
// none comes near. Words of more than 200 bytes are no names and near nothing.
// O(len(word) · total length of the candidates).
func Nearest(word string, candidates []string) string {
	best, bestD := "", 1<<30
	if len(word) > maxWord {
		return ""
	}
	w := strings.ToLower(word)
	for _, c := range candidates {
		limit := max(1, max(len(word), len(c))/3)
		if len(c) > maxWord || len(c)-len(word) > limit || len(word)-len(c) > limit {
			continue
		}
		if d := distance(w, strings.ToLower(c)); d <= limit && d < bestD {
			best, bestD = c, d
		}
	}
	return best
}

// DidYouMean is the hint "did you mean X?", or "one of: a, b, c" when nothing
// is near and the candidates are at most twelve, else "".
func DidYouMean(word string, candidates []string) string {
	if n := Nearest(word, candidates); n != "" {
		return fmt.Sprintf("did you mean %s?", n)
	}
	if len(candidates) > 0 && len(candidates) <= 12 {
		return "one of: " + strings.Join(candidates, ", ")
	}
	return ""
}

// distance counts insertions, deletions, changes and swaps of neighbours that
// turn a into b, in bytes, each place touched once (Damerau 1964, restricted).
// O(len(a) · len(b)).
func distance(a, b string) int {
	before, row, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row, next = row, next, before
	}
	return row[len(b)]
}
