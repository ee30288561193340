package spec

import "jembatan/tunnel"

// cronForm is a cron expression: minute, hour, day of month, month, day of week.
func cronForm(dst *given[string]) form {
	return scalar[string]{
		dst: dst, word: "a cron expression", example: "* 2-4 * * 6",
		s: schema{Type: []string{"string"}, Pattern: `^[0-9*,/-]+( [0-9*,/-]+){4}$`},
		parse: func(s string) (string, error) {
			_, err := tunnel.ParseCron(s)
			return s, err
		},
	}
}
