package gtid

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Limits of what is read from a server. A set of a healthy server has a few
// origins and a few intervals; far more means that something else was sent.
const (
	MaxText  = 4 << 20
	MaxRuns  = 200_000
	maxMySQL = math.MaxInt64 - 1 // the manual's upper bound of a number
)

// ErrSyntax is what every error of this package's parsers wraps.
var ErrSyntax = errors.New("not a GTID set")

// ParseMariaDB reads a list of domain-server-sequence, such as gtid_binlog_state,
// as a set that holds every number up to the given one. The order of the list
// carries no meaning; of an origin that comes twice the highest counts.
func ParseMariaDB(text string) (Set, error) {
	list, err := parseList(text)
	if err != nil {
		return Set{}, err
	}
	out := Set{}
	for _, g := range list {
		if g.Sequence > out.Last(g.Origin()) {
			out.put(g.Origin(), []Interval{{1, g.Sequence}})
		}
	}
	return out, nil
}

// ParseMySQL reads a set such as gtid_executed: uuid:1-7:9,uuid:tag:1-3 with
// white space anywhere between the parts. Numbers are 1..2^63-2.
func ParseMySQL(text string) (Set, error) {
	if len(text) > MaxText {
		return Set{}, fmt.Errorf("%w: longer than %d bytes", ErrSyntax, MaxText)
	}
	raw := map[Origin][]Interval{}
	total := 0
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		fields := strings.Split(part, ":")
		o := Origin{UUID: strings.ToLower(strings.TrimSpace(fields[0]))}
		if !isUUID(o.UUID) {
			return Set{}, fmt.Errorf("%w: %s has no server UUID", ErrSyntax, quote(part))
		}
		if total += len(fields) - 1; total > MaxRuns {
			return Set{}, fmt.Errorf("%w: more than %d intervals", ErrSyntax, MaxRuns)
		}
		for _, f := range fields[1:] {
			f = strings.TrimSpace(f)
			if tag := strings.ToLower(f); isTag(tag) {
				o.Tag = tag
				continue
			}
			run, ok := parseRun(f)
			if !ok {
				return Set{}, fmt.Errorf("%w: %s is not an interval", ErrSyntax, quote(f))
			}
			raw[o] = append(raw[o], run)
		}
	}
	out := Set{}
	for o, runs := range raw {
		out.put(o, normal(runs))
	}
	return out, nil
}

func parseRun(text string) (Interval, bool) {
	a, b, two := strings.Cut(text, "-")
	first, err := strconv.ParseUint(strings.TrimSpace(a), 10, 64)
	last := first
	if err == nil && two {
		last, err = strconv.ParseUint(strings.TrimSpace(b), 10, 64)
	}
	return Interval{first, last}, err == nil && first >= 1 && first <= last && last <= maxMySQL
}

// String writes s as its server would; a part of a MariaDB state that does not
// begin at 1 is written domain-server-first..last, also when that is one number.
func (s Set) String() string {
	var out strings.Builder
	for i, o := range s.Origins() {
		if i > 0 {
			out.WriteByte(',')
		}
		if o.UUID != "" {
			out.WriteString(o.String())
			for _, r := range s.runs[o] {
				out.WriteByte(':')
				out.WriteString(r.String())
			}
			continue
		}
		for j, r := range s.runs[o] {
			if j > 0 {
				out.WriteByte(',')
			}
			out.WriteString(o.String())
			out.WriteByte('-')
			if r.First > 1 {
				out.WriteString(strconv.FormatUint(r.First, 10) + "..")
			}
			out.WriteString(strconv.FormatUint(r.Last, 10))
		}
	}
	return out.String()
}

// MarshalText implements encoding.TextMarshaler by String.
func (s Set) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText wrote, of either family.
func (s *Set) UnmarshalText(text []byte) error {
	if strings.Contains(string(text), ":") {
		set, err := ParseMySQL(string(text))
		*s = set
		return err
	}
	raw := map[Origin][]Interval{}
	for part := range strings.SplitSeq(string(text), ",") {
		first, last, two := strings.Cut(part, "..")
		if two {
			dash := strings.LastIndexByte(first, '-')
			part, first = first[:dash+1]+last, first[dash+1:]
		}
		list, err := parseList(part)
		if err != nil {
			return err
		}
		for _, g := range list {
			run := Interval{1, g.Sequence}
			if two {
				n, err := strconv.ParseUint(first, 10, 64)
				if err != nil || n == 0 || n > g.Sequence {
					return fmt.Errorf("%w: %s is not an interval", ErrSyntax, quote(part))
				}
				run.First = n
			}
			raw[g.Origin()] = append(raw[g.Origin()], run)
		}
	}
	*s = Set{}
	for o, runs := range raw {
		s.put(o, normal(runs))
	}
	return nil
}

// String is the interval in MySQL's form: 4 or 4-9.
func (r Interval) String() string {
	if r.First == r.Last {
		return strconv.FormatUint(r.First, 10)
	}
	return strconv.FormatUint(r.First, 10) + "-" + strconv.FormatUint(r.Last, 10)
}

// isUUID reports whether s is 8-4-4-4-12 lower-case hexadecimal digits.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case (c < '0' || c > '9') && (c < 'a' || c > 'f'):
			return false
		}
	}
	return true
}

// isTag reports whether s is a tag: a letter or underscore, then letters,
// digits and underscores, 32 at most (MySQL 8.4 manual, Tagged GTIDs).
func isTag(s string) bool {
	if s == "" || len(s) > 32 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c < 'a' || c > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// quote shows the beginning of something that could not be read.
func quote(s string) string {
	const shown = 60
	if len(s) > shown {
		s = s[:shown] + "…"
	}
	return strconv.Quote(s)
}
