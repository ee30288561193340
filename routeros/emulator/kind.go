package emulator

import (
	"slices"
	"strconv"
	"strings"
)

// maxText is the longest text property: script sources and file contents may
// reach 64 KiB (MikroTik manual, scripting).
const maxText = 64 << 10

// plain makes a kind of a function that says yes or no.
func plain(valid func(s string) bool) kind {
	return kind{parse: func(a arg, s string) (string, error) {
		if !valid(s) {
			return "", invalidValue(a.name)
		}
		return s, nil
	}}
}

// text takes any text.
func text() kind {
	return plain(func(s string) bool { return len(s) <= maxText })
}

// textUpTo takes text of at most n bytes.
func textUpTo(n int) kind {
	return kind{parse: func(a arg, s string) (string, error) {
		if len(s) > n {
			return "", trapf(NoCategory, "value of %s should not be longer than %d", a.name, n)
		}
		return s, nil
	}}
}

// nonEmpty takes any text but "".
func nonEmpty() kind {
	return plain(func(s string) bool { return s != "" && len(s) <= maxText })
}

// boolean takes yes, no, true and false and is stored as true or false.
func boolean() kind {
	return kind{logical: true, parse: func(a arg, s string) (string, error) {
		switch s {
		case "yes", "true":
			return "true", nil
		case "no", "false":
			return "false", nil
		}
		return "", noMatch(a.name)
	}}
}

// enum takes one of the words.
func enum(words ...string) kind {
	return kind{parse: func(a arg, s string) (string, error) {
		if !slices.Contains(words, s) {
			return "", noMatch(a.name)
		}
		return s, nil
	}}
}

// yesNo is an enumeration that keeps "yes" and "no" when printed, unlike
// boolean.
func yesNo(more ...string) kind {
	k := enum(append([]string{"yes", "no"}, more...)...)
	inner := k.parse
	k.parse = func(a arg, s string) (string, error) {
		switch s {
		case "true":
			s = "yes"
		case "false":
			s = "no"
		}
		return inner(a, s)
	}
	return k
}

// num takes a whole number of [low, high], decimal or 0x….
func num(low, high uint64) kind {
	return kind{parse: func(a arg, s string) (string, error) {
		n, err := strconv.ParseUint(s, 0, 64)
		if err != nil {
			return "", invalidValue(a.name)
		}
		if n < low || n > high {
			return "", outOfRange(a.name, strconv.FormatUint(low, 10), strconv.FormatUint(high, 10))
		}
		return strconv.FormatUint(n, 10), nil
	}}
}

// hexNum is num that prints as 0x….
func hexNum(low, high uint64) kind {
	n := num(low, high)
	return kind{parse: func(a arg, s string) (string, error) {
		v, err := n.parse(a, s)
		if err != nil {
			return "", err
		}
		x, _ := strconv.ParseUint(v, 10, 64)
		return "0x" + strings.ToUpper(strconv.FormatUint(x, 16)), nil
	}}
}

// word takes the given words beside what k takes.
func word(k kind, words ...string) kind {
	inner := k.parse
	k.parse = func(a arg, s string) (string, error) {
		if slices.Contains(words, s) {
			return s, nil
		}
		return inner(a, s)
	}
	return k
}

// not takes what k takes, with a "!" in front or without.
func not(k kind) kind {
	inner, show := k.parse, k.show
	k.parse = func(a arg, s string) (string, error) {
		rest, negated := strings.CutPrefix(s, "!")
		v, err := inner(a, rest)
		if negated && err == nil {
			v = "!" + v
		}
		return v, err
	}
	if show != nil {
		k.show = func(d *Device, v string) string {
			rest, negated := strings.CutPrefix(v, "!")
			if negated {
				return "!" + show(d, rest)
			}
			return show(d, v)
		}
	}
	return k
}

// list takes a comma list of what k takes, the empty list included.
func list(k kind) kind {
	inner, show := k.parse, k.show
	k.parse = func(a arg, s string) (string, error) {
		if s == "" {
			return "", nil
		}
		parts := strings.Split(s, ",")
		for i, x := range parts {
			v, err := inner(a, strings.TrimSpace(x))
			if err != nil {
				return "", err
			}
			parts[i] = v
		}
		return strings.Join(parts, ","), nil
	}
	if show != nil {
		k.show = func(d *Device, v string) string {
			if v == "" {
				return ""
			}
			parts := strings.Split(v, ",")
			for i := range parts {
				parts[i] = show(d, parts[i])
			}
			return strings.Join(parts, ",")
		}
	}
	return k
}

// flags takes a comma list of words, each at most once and each perhaps after
// a "!", and is stored in the order of words.
func flags(words ...string) kind {
	return kind{parse: func(a arg, s string) (string, error) {
		set := map[string]bool{}
		for x := range strings.SplitSeq(s, ",") {
			name, off := strings.CutPrefix(strings.TrimSpace(x), "!")
			if name == "" {
				continue
			}
			if !slices.Contains(words, name) {
				return "", noMatch(a.name)
			}
			set[name] = !off
		}
		var out []string
		for _, w := range words {
			if set[w] {
				out = append(out, w)
			}
		}
		return strings.Join(out, ","), nil
	}}
}
