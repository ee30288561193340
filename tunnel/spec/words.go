package spec

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Patterns that the decoder and the schema share.
const (
	octet           = `(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])`
	ipv4Pattern     = `^(` + octet + `\.){3}` + octet + `$`
	subnetPattern   = `^(` + octet + `\.){3}` + octet + `/(3[0-2]|[12]?[0-9])$`
	durationPattern = `^([0-9]{1,9}(\.[0-9]{1,9})?(ms|s|m|h))+$`
	refPattern      = `^[A-Za-z0-9_-]{1,32}\.[A-Za-z0-9_-]{1,32}$`
	printPattern    = `^[^\x00-\x1f\x7f]+$`
	envPattern      = `^[A-Za-z_][A-Za-z0-9_]*$`
	sha256Pattern   = `^sha256:[0-9a-fA-F]{64}$`
)

// text is a line of 1 to most characters.
func text(dst *given[string], word string, most int, example string) form {
	return scalar[string]{
		dst: dst, word: word, example: example,
		s:     schema{Type: []string{"string"}, Pattern: printPattern, MaxLength: most},
		parse: func(s string) (string, error) { return s, nil },
	}
}

// pattern is text that matches a pattern.
func pattern(dst *given[string], word, re, example string) scalar[string] {
	return scalar[string]{
		dst: dst, word: word, example: example,
		s:     schema{Type: []string{"string"}, Pattern: re},
		parse: func(s string) (string, error) { return s, nil },
	}
}

// name is the name of something that stands elsewhere in the file.
func name(dst *given[string], what, example string) form {
	return pattern(dst, "the name of a "+what, namePattern, example)
}

// integer is a whole number from low to high.
func integer(dst *given[int], word string, low, high int) form {
	return scalar[int]{
		dst: dst, word: fmt.Sprintf("%s (%d to %d)", word, low, high),
		s:     schema{Type: []string{"integer"}, Minimum: &low, Maximum: &high},
		parse: parseInt,
	}
}

func parseInt(s string) (int, error) {
	i, err := strconv.ParseInt(s, 0, 0)
	if err != nil {
		return 0, errSyntax
	}
	return int(i), nil
}

func port(dst *given[int]) form { return integer(dst, "a port", 1, math.MaxUint16) }

func boolean(dst *given[bool]) form {
	return scalar[bool]{
		dst: dst, word: "true or false", s: schema{Type: []string{"boolean"}},
		parse: func(s string) (bool, error) { return strings.EqualFold(s, "true"), nil },
	}
}

// word is one of some words; each stands for a value.
func word[T fmt.Stringer](dst *given[T], what string, values ...T) form {
	f := scalar[T]{dst: dst, word: what}
	for _, v := range values {
		f.s.Enum = append(f.s.Enum, v.String())
	}
	f.parse = func(s string) (T, error) {
		for _, v := range values {
			if v.String() == s {
				return v, nil
			}
		}
		var zero T
		return zero, errSyntax
	}
	return f
}

// tunnelMTU is "auto" (zero) or a number of bytes.
func tunnelMTU(dst *given[int]) form {
	low, high := 68, math.MaxUint16
	return scalar[int]{
		dst: dst, word: fmt.Sprintf("auto or a number of bytes (%d to %d)", low, high),
		s: schema{AnyOf: []*schema{
			{Enum: []any{"auto"}},
			{Type: []string{"integer"}, Minimum: &low, Maximum: &high},
		}},
		parse: func(s string) (int, error) {
			if s == "auto" {
				return 0, nil
			}
			return parseInt(s)
		},
	}
}
