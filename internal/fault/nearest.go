package fault

import (
	"fmt"
	"strings"
)

// Nearest gives the candidate that looks most like word (Levenshtein distance
// on lower case, at most a third of the longer word and at least 1), "" when
// none comes near. O(len(word) · total length of the candidates).
func Nearest(word string, candidates []string) string {
	best, bestD := "", 1<<30
	w := strings.ToLower(word)
	for _, c := range candidates {
		d := distance(w, strings.ToLower(c))
		limit := max(1, max(len(word), len(c))/3)
		if d <= limit && d < bestD {
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

// distance is Levenshtein's edit distance in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diag := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diag, row[j] = row[j], min(row[j]+1, row[j-1]+1, diag+cost)
		}
	}
	return row[len(b)]
}
