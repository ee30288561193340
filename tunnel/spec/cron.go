package spec

import (
	"fmt"
	"strconv"
	"strings"
)

// cronForm is a cron expression: minute, hour, day of month, month, day of week.
func cronForm(dst *given[string]) form {
	return scalar[string]{
		dst: dst, word: "a cron expression", example: "0 3 * * 0",
		s: schema{Type: []string{"string"}, Pattern: `^[0-9*,/-]+( [0-9*,/-]+){4}$`},
		parse: func(s string) (string, error) {
			limits := [5]struct {
				what      string
				low, high int
			}{{"minute", 0, 59}, {"hour", 0, 23}, {"day of month", 1, 31}, {"month", 1, 12}, {"day of week", 0, 7}}
			for i, f := range strings.Fields(s) {
				for part := range strings.SplitSeq(f, ",") {
					if !cronPart(part, limits[i].low, limits[i].high) {
						return "", fmt.Errorf("has a wrong %s, %q", limits[i].what, f)
					}
				}
			}
			return s, nil
		},
	}
}

// cronPart reports whether s is *, N or N-M, with or without a step.
func cronPart(s string, low, high int) bool {
	s, step, stepped := strings.Cut(s, "/")
	if n, err := strconv.Atoi(step); stepped && (err != nil || n < 1 || n > high) {
		return false
	}
	if s == "*" {
		return true
	}
	from, to, ranged := strings.Cut(s, "-")
	a, err := strconv.Atoi(from)
	if err != nil || a < low || a > high {
		return false
	}
	if !ranged {
		return !stepped
	}
	b, err := strconv.Atoi(to)
	return err == nil && b >= a && b <= high
}
