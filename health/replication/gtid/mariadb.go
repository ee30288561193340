package gtid

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A GTID is one MariaDB transaction: domain-server-sequence.
type GTID struct {
	Domain   uint32
	Server   uint32
	Sequence uint64
}

// String is the form that MariaDB writes.
func (g GTID) String() string {
	return g.Origin().String() + "-" + strconv.FormatUint(g.Sequence, 10)
}

// Origin returns who numbered g.
func (g GTID) Origin() Origin { return Origin{Domain: g.Domain, Server: g.Server} }

// A Position is where a MariaDB replica stands: the last GTID of each domain.
// The zero value is the beginning.
type Position []GTID

// ParsePosition reads gtid_slave_pos, gtid_binlog_pos or Gtid_IO_Pos. Empty
// text is the beginning.
func ParsePosition(text string) (Position, error) { return parseList(text) }

// Highest returns the highest sequence of a domain, or zero.
func (p Position) Highest(domain uint32) uint64 {
	var n uint64
	for _, g := range p {
		if g.Domain == domain {
			n = max(n, g.Sequence)
		}
	}
	return n
}

// String is the list as MariaDB writes it, in the order that was read.
func (p Position) String() string {
	words := make([]string, len(p))
	for i, g := range p {
		words[i] = g.String()
	}
	return strings.Join(words, ",")
}

// Behind returns how many transactions of ahead are missing in behind.
//
// For MySQL sets it is exact. Of MariaDB states it is exact while behind lacks
// only the end of each domain: there the difference of the highest sequences
// counts, because the numbers of a domain are shared by all servers. In a
// domain where behind holds something that ahead lacks it is the sum over the
// origins, an upper bound.
func Behind(behind, ahead Set) uint64 {
	missing, extra := ahead.Minus(behind), behind.Minus(ahead)
	var n uint64
	domains := map[uint32]bool{}
	for _, o := range missing.Origins() {
		if o.UUID != "" {
			n = add(n, missing.Of(func(p Origin) bool { return p == o }).Count())
			continue
		}
		domains[o.Domain] = true
	}
	for d := range domains {
		in := func(o Origin) bool { return o.UUID == "" && o.Domain == d }
		count := missing.Of(in).Count()
		if high, low := ahead.highest(d), behind.highest(d); extra.Of(in).Empty() && high > low {
			count = min(count, high-low)
		}
		n = add(n, count)
	}
	return n
}

// highest returns the highest sequence of a MariaDB domain, or zero.
func (s Set) highest(domain uint32) uint64 {
	var n uint64
	for o := range s.runs {
		if o.UUID == "" && o.Domain == domain {
			n = max(n, s.Last(o))
		}
	}
	return n
}

// parseList reads a comma-separated list of domain-server-sequence. A sequence
// of zero or a server of zero is refused: no transaction has them.
func parseList(text string) ([]GTID, error) {
	if len(text) > MaxText {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrSyntax, MaxText)
	}
	var out []GTID
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		a, rest, _ := strings.Cut(part, "-")
		b, c, ok := strings.Cut(rest, "-")
		domain, err1 := strconv.ParseUint(a, 10, 32)
		server, err2 := strconv.ParseUint(b, 10, 32)
		sequence, err3 := strconv.ParseUint(c, 10, 64)
		if !ok || err1 != nil || err2 != nil || err3 != nil || server == 0 || sequence == 0 {
			return nil, fmt.Errorf("%w: %s is not domain-server-sequence", ErrSyntax, quote(part))
		}
		if len(out) == MaxRuns {
			return nil, fmt.Errorf("%w: more than %d entries", ErrSyntax, MaxRuns)
		}
		out = append(out, GTID{uint32(domain), uint32(server), sequence})
	}
	return slices.Clip(out), nil
}
