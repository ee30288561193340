// Package gtid does arithmetic on global transaction identifiers: the sets of
// MySQL (uuid:1-7, also tagged) and the states of MariaDB (domain-server-sequence).
//
// A set is data that a server sent; nothing in it is trusted before it was
// parsed. Where a server of the family answers, its own functions (GTID_SUBTRACT)
// are the referee, and tests ask them.
package gtid

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// An Origin is who numbered a transaction: a domain and a server in MariaDB, a
// server UUID and perhaps a tag in MySQL. The fields of the other family are zero.
type Origin struct {
	Domain uint32 // MariaDB gtid_domain_id
	Server uint32 // MariaDB server_id; never zero there
	UUID   string // MySQL server_uuid, lower case, 36 bytes
	Tag    string // MySQL 8.3 and later; at most 32 bytes, lower case
}

// String is the origin as the server writes it.
func (o Origin) String() string {
	switch {
	case o.UUID == "":
		return strconv.FormatUint(uint64(o.Domain), 10) + "-" + strconv.FormatUint(uint64(o.Server), 10)
	case o.Tag != "":
		return o.UUID + ":" + o.Tag
	}
	return o.UUID
}

func (o Origin) compare(p Origin) int {
	return cmp.Or(cmp.Compare(o.Domain, p.Domain), cmp.Compare(o.Server, p.Server),
		strings.Compare(o.UUID, p.UUID), strings.Compare(o.Tag, p.Tag))
}

// An Interval is a run of numbers, both ends included, 1 <= First <= Last.
type Interval struct{ First, Last uint64 }

// A Set holds transactions of one family. The zero value is empty. A Set is
// never changed after it was made: methods return new ones, and it may be used
// by many at once.
//
// A MariaDB state says the highest number of each origin only; as a set it
// holds every number up to that one. Numbers of one domain that another server
// took are holes in truth, so Count of such a set is too large; see Behind.
type Set struct { //nolint:recvcheck // UnmarshalText and put are for a set that is being made
	runs map[Origin][]Interval // sorted, disjoint, not adjacent, never empty
}

// Empty reports whether nothing is in s.
func (s Set) Empty() bool { return len(s.runs) == 0 }

// Origins returns who numbered what is in s, sorted.
func (s Set) Origins() []Origin {
	return slices.SortedFunc(maps.Keys(s.runs), Origin.compare)
}

// Runs returns the intervals of one origin in ascending order. They are the caller's.
func (s Set) Runs(o Origin) []Interval { return slices.Clone(s.runs[o]) }

// Last returns the highest number of an origin, or zero.
func (s Set) Last(o Origin) uint64 {
	if runs := s.runs[o]; len(runs) > 0 {
		return runs[len(runs)-1].Last
	}
	return 0
}

// Has reports whether number n of origin o is in s.
func (s Set) Has(o Origin, n uint64) bool {
	return slices.ContainsFunc(s.runs[o], func(r Interval) bool { return r.First <= n && n <= r.Last })
}

// Minus returns what is in s and not in t, as GTID_SUBTRACT does.
func (s Set) Minus(t Set) Set {
	out := Set{}
	for o, runs := range s.runs {
		out.put(o, subtract(runs, t.runs[o]))
	}
	return out
}

// Plus returns what is in s or in t.
func (s Set) Plus(t Set) Set {
	out := Set{}
	for o, runs := range s.runs {
		out.put(o, normal(slices.Concat(runs, t.runs[o])))
	}
	for o, runs := range t.runs {
		if _, done := s.runs[o]; !done {
			out.put(o, slices.Clone(runs))
		}
	}
	return out
}

// Contains reports whether all of t is in s, as GTID_SUBSET(t, s) does.
func (s Set) Contains(t Set) bool { return t.Minus(s).Empty() }

// Equal reports whether s and t hold the same transactions.
func (s Set) Equal(t Set) bool {
	return maps.EqualFunc(s.runs, t.runs, func(a, b []Interval) bool { return slices.Equal(a, b) })
}

// Of returns the part of s whose origin keep accepts.
func (s Set) Of(keep func(Origin) bool) Set {
	out := Set{}
	for o, runs := range s.runs {
		if keep(o) {
			out.put(o, slices.Clone(runs))
		}
	}
	return out
}

// Count returns how many numbers s holds, at most math.MaxUint64.
func (s Set) Count() uint64 {
	var n uint64
	for _, runs := range s.runs {
		for _, r := range runs {
			n = add(n, r.Last-r.First)
			n = add(n, 1)
		}
	}
	return n
}

// put stores runs, which become the set's own, unless there are none.
func (s *Set) put(o Origin, runs []Interval) {
	if len(runs) == 0 {
		return
	}
	if s.runs == nil {
		s.runs = map[Origin][]Interval{}
	}
	s.runs[o] = runs
}

// normal sorts and joins intervals that touch or overlap.
func normal(runs []Interval) []Interval {
	slices.SortFunc(runs, func(a, b Interval) int { return cmp.Compare(a.First, b.First) })
	var out []Interval
	for _, r := range runs {
		if last := len(out) - 1; last >= 0 && r.First-1 <= out[last].Last {
			out[last].Last = max(out[last].Last, r.Last)
			continue
		}
		out = append(out, r)
	}
	return out
}

// subtract returns a without b; both are normal, and so is the result.
func subtract(a, b []Interval) []Interval {
	var out []Interval
	for _, r := range a {
		for len(b) > 0 && b[0].Last < r.First {
			b = b[1:]
		}
		rest := true
		for _, cut := range b {
			if cut.First > r.Last {
				break
			}
			if cut.First > r.First {
				out = append(out, Interval{r.First, cut.First - 1})
			}
			if cut.Last >= r.Last {
				rest = false
				break
			}
			r.First = cut.Last + 1
		}
		if rest {
			out = append(out, r)
		}
	}
	return out
}

func add(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}
