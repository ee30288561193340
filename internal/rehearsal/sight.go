package rehearsal

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// A Sight is one try of the checker to write, as an ordinary user. Its times are
// nanoseconds since 1970.
type Sight struct {
	From string `json:"from"` // the host that tried
	To   string `json:"to"`   // the name of what it tried
	At   int64  `json:"at"`   // begun
	End  int64  `json:"end"`  // answered or given up
	By   string `json:"by,omitempty"`
	// Takes: By took the write. Otherwise it refused or there was no answer.
	Takes bool `json:"takes,omitempty"`
}

// readSights reads sights, one JSON object a line. A last line that was cut short
// is left out.
func readSights(r io.Reader) ([]Sight, error) {
	var out []Sight
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		var s Sight
		if err == nil {
			err = json.Unmarshal(line, &s)
		}
		if err != nil {
			return out, fmt.Errorf("sight %d: %w", len(out)+1, err)
		}
		out = append(out, s)
	}
}

// A Writable is a time in which a server took writes, from one place to another.
// It took one at some moment between First and FirstEnd, another one between Last
// and LastEnd, and every one between them.
type Writable struct {
	Server, From, To               string
	First, FirstEnd, Last, LastEnd int64
}

// Writables joins sights to times. A refusal, a failure or another server at the
// same address ends one.
func Writables(sights []Sight) []Writable {
	type path struct{ from, to string }
	open := map[path]*Writable{}
	var out []*Writable
	sights = slices.Clone(sights)
	slices.SortStableFunc(sights, func(a, b Sight) int { return cmp.Compare(a.At, b.At) })
	for _, s := range sights {
		at := path{s.From, s.To}
		w := open[at]
		switch {
		case !s.Takes:
			delete(open, at)
		case w != nil && w.Server == s.By:
			w.Last, w.LastEnd = s.At, s.End
		default:
			w = &Writable{s.By, s.From, s.To, s.At, s.End, s.At, s.End}
			open[at], out = w, append(out, w)
		}
	}
	flat := make([]Writable, len(out))
	for i, w := range out {
		flat[i] = *w
	}
	return flat
}

// An Overlap is a time in which two servers took writes, for certain: it is the
// least that it can have been.
type Overlap struct {
	Servers [2]string     `json:"servers"`
	Paths   [2]string     `json:"paths"` // where from and where to
	From    time.Time     `json:"from"`
	Took    time.Duration `json:"took"`
}

// String says an overlap in one line.
func (o Overlap) String() string {
	return fmt.Sprintf("%s (%s) and %s (%s) took writes at once from %s for %v at least", o.Servers[0], o.Paths[0], o.Servers[1], o.Paths[1],
		o.From.UTC().Format("15:04:05.000"), o.Took.Round(time.Millisecond))
}

// Overlaps returns the times in which two different servers certainly took writes
// at once, in the order in which they began. of says which pairs count.
func Overlaps(all []Writable, of func(a, b Writable) bool) []Overlap {
	var out []Overlap
	for i, a := range all {
		for _, b := range all[i+1:] {
			from, until := max(a.FirstEnd, b.FirstEnd), min(a.Last, b.Last)
			if a.Server == b.Server || from > until || !of(a, b) {
				continue
			}
			out = append(out, Overlap{
				[2]string{a.Server, b.Server},
				[2]string{a.From + " to " + a.To, b.From + " to " + b.To},
				time.Unix(0, from), time.Duration(until - from),
			})
		}
	}
	slices.SortFunc(out, func(a, b Overlap) int { return a.From.Compare(b.From) })
	return out
}

// longest returns the longest of some overlaps.
func longest(all []Overlap) time.Duration {
	var out time.Duration
	for _, o := range all {
		out = max(out, o.Took)
	}
	return out
}
