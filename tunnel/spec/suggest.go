package spec

import (
	"fmt"
	"strings"
)

// Bounds of the search for a similar name.
const (
	suggestLength = 64   // of names that are compared
	suggestNames  = 2000 // that are compared
)

// didYouMean returns ` (did you mean "x"?)` with the name most like word, or
// nothing when none is alike.
func didYouMean(word string, names []string) string {
	if len(word) > suggestLength || word == "" {
		return ""
	}
	if len(names) > suggestNames {
		names = names[:suggestNames]
	}
	best, least := "", max(1, len(word)/3)+1
	for _, name := range names {
		if len(name) > suggestLength || len(name)-len(word) >= least || len(word)-len(name) >= least {
			continue
		}
		if d := distance(fold(word), fold(name)); d < least {
			best, least = name, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

// fold makes spellings equal that people mix up.
func fold(s string) string { return strings.ReplaceAll(strings.ToLower(s), "-", "_") }

// distance returns how many letters must be put in, taken out, changed or
// swapped with their neighbour to make b of a.
func distance(a, b string) int {
	before := make([]int, len(b)+1)
	row := make([]int, len(b)+1)
	next := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next[0] = i
		for j := 1; j <= len(b); j++ {
			change := row[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			next[j] = min(change, row[j]+1, next[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row, next = row, next, before
	}
	return row[len(b)]
}
