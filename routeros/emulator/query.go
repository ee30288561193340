package emulator

import (
	"math/big"
	"net/netip"
	"strconv"
	"strings"
)

// Bounds on what a hostile query may cost.
const (
	maxQueryStack = 256
	maxQueryWords = 1024
)

// queryOp is what one step of a query does.
type queryOp int

const (
	queryUnknown queryOp = iota
	queryHas
	queryLacks
	queryEqual
	queryLess
	queryGreater
	queryStack // The operations of a ?#… word.
)

// A query is one query word.
type query struct {
	op          queryOp
	name, value string
}

// parseQueries reads query words without their "?" (MikroTik manual, API,
// queries).
func parseQueries(words []string) ([]query, error) {
	if len(words) > maxQueryWords {
		return nil, trapf(categoryAPI, "too many query words")
	}
	out := make([]query, 0, len(words))
	for _, w := range words {
		q := parseQuery(w)
		if q.op == queryUnknown || q.op != queryStack && q.name == "" {
			return nil, trapf(categoryAPI, "invalid query word %q", "?"+w)
		}
		out = append(out, q)
	}
	return out, nil
}

func parseQuery(w string) query {
	if w == "" {
		return query{}
	}
	op := queryUnknown
	switch w[0] {
	case '#':
		return query{op: queryStack, value: w[1:]}
	case '-':
		return query{op: queryLacks, name: w[1:]}
	case '=':
		op, w = queryEqual, w[1:]
	case '<':
		op, w = queryLess, w[1:]
	case '>':
		op, w = queryGreater, w[1:]
	}
	name, value, both := strings.Cut(w, "=")
	switch {
	case !both && op == queryUnknown:
		return query{op: queryHas, name: name}
	case op == queryUnknown:
		op = queryEqual
	}
	return query{op: op, name: name, value: value}
}

// evaluate runs the queries over one row. The stack begins full of true; the
// row is wanted unless a false is left on it.
func evaluate(queries []query, lookup func(name string) (string, bool)) bool {
	var stack boolStack
	for _, q := range queries {
		if q.op == queryStack {
			stack.run(q.value)
			continue
		}
		v, ok := lookup(q.name)
		stack.push(q.test(v, ok))
	}
	return stack.allTrue()
}

// test evaluates one comparison.
func (q query) test(v string, ok bool) bool {
	switch q.op {
	case queryHas:
		return ok
	case queryLacks:
		return !ok
	case queryEqual:
		return ok && v == q.value
	case queryLess:
		return ok && compare(v, q.value) < 0
	case queryGreater:
		return ok && compare(v, q.value) > 0
	case queryUnknown, queryStack:
	}
	return false
}

// compare orders numbers, durations and addresses by size and all else by
// bytes.
func compare(a, b string) int {
	x, okX := new(big.Int).SetString(clip(a), 10)
	y, okY := new(big.Int).SetString(clip(b), 10)
	if okX && okY {
		return x.Cmp(y)
	}
	if p, err := netip.ParseAddr(a); err == nil {
		if q, err := netip.ParseAddr(b); err == nil {
			return p.Compare(q)
		}
	}
	if p, ok := parseDuration(a); ok {
		if q, ok := parseDuration(b); ok {
			return int(min(1, max(-1, p-q)))
		}
	}
	return strings.Compare(a, b)
}

// clip keeps a long digit string from being parsed at great cost.
func clip(s string) string {
	if len(s) > 40 {
		return ""
	}
	return s
}

// A boolStack is a stack of booleans with an endless supply of true below.
type boolStack struct{ v []bool }

func (s *boolStack) push(b bool) {
	if len(s.v) < maxQueryStack {
		s.v = append(s.v, b)
		return
	}
	// The oldest value goes; a query of that size is not an honest one.
	copy(s.v, s.v[1:])
	s.v[len(s.v)-1] = b
}

func (s *boolStack) pop() bool {
	if len(s.v) == 0 {
		return true
	}
	b := s.v[len(s.v)-1]
	s.v = s.v[:len(s.v)-1]
	return b
}

// at returns the value at index i, 0 being the top.
func (s *boolStack) at(i int) bool {
	if i >= len(s.v) {
		return true
	}
	return s.v[len(s.v)-1-i]
}

func (s *boolStack) allTrue() bool {
	for _, b := range s.v {
		if !b {
			return false
		}
	}
	return true
}

// run carries out the operations of a ?#… word: "!" negates the top, "&" and
// "|" combine the top two, an index followed by another character copies the
// value there, an index at the end replaces the whole stack by that value, "."
// after an index does nothing and elsewhere copies the top.
func (s *boolStack) run(ops string) {
	for i := 0; i < len(ops); i++ {
		switch c := ops[i]; {
		case c >= '0' && c <= '9':
			end := i
			for end < len(ops) && ops[end] >= '0' && ops[end] <= '9' {
				end++
			}
			v := s.at(stackIndex(ops[i:end]))
			if end == len(ops) {
				s.v = append(s.v[:0], v)
				return
			}
			s.push(v)
			if ops[end] != '.' {
				end--
			}
			i = end
		case c == '!':
			s.push(!s.pop())
		case c == '&':
			a, b := s.pop(), s.pop()
			s.push(a && b)
		case c == '|':
			a, b := s.pop(), s.pop()
			s.push(a || b)
		case c == '.':
			s.push(s.at(0))
		}
	}
}

// stackIndex parses digits; what lies below every stack stands for a number
// that is too large.
func stackIndex(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return maxQueryStack
	}
	return n
}
