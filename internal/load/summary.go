package load

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// A Summary counts records of one kind.
type Summary struct {
	Sent, Lost int
	By         map[string]int // answers, by server
	Why        map[Reason]int // failures
	Outages    []Outage       // in the order of time
}

// An Outage is a run of requests that all failed, by the time at which they were
// begun.
type Outage struct {
	From  int64 // when the first of them was begun
	Until int64 // when the next one after them was answered; zero: none was
	Lost  int
	// Before and After are the servers that answered last and next.
	Before, After string
}

// Took is how long the outage lasted; negative when it had no end.
func (o Outage) Took() time.Duration {
	if o.Until == 0 {
		return -1
	}
	return time.Duration(o.Until - o.From)
}

// Summarise counts the records of a kind, which may be in any order.
func Summarise(records []Record, kind Kind) Summary {
	s := Summary{By: map[string]int{}, Why: map[Reason]int{}}
	var open *Outage
	last := ""
	for _, r := range ordered(records, kind) {
		s.Sent++
		if r.OK {
			s.By[r.By]++
			if open != nil {
				open.Until, open.After = r.End, r.By
				open = nil
			}
			last = r.By
			continue
		}
		s.Lost++
		s.Why[r.Why]++
		if open == nil {
			s.Outages = append(s.Outages, Outage{From: r.At, Before: last})
			open = &s.Outages[len(s.Outages)-1]
		}
		open.Lost++
	}
	return s
}

// ordered returns the records of a kind by the time at which they were begun.
func ordered(records []Record, kind Kind) []Record {
	var out []Record
	for _, r := range records {
		if r.Kind == kind {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b Record) int { return cmp.Compare(a.At, b.At) })
	return out
}

// Longest returns the longest outage; one without an end is the longest of all.
func (s Summary) Longest() (Outage, bool) {
	if len(s.Outages) == 0 {
		return Outage{}, false
	}
	return slices.MaxFunc(s.Outages, func(a, b Outage) int { return cmp.Compare(a.length(), b.length()) }), true
}

// length orders outages.
func (o Outage) length() time.Duration {
	if o.Until == 0 {
		return math.MaxInt64
	}
	return o.Took()
}

// FirstGood returns how long after a moment the first good answer came, of a
// request that was begun after it. By names the server that has to be the one;
// empty: any. It is false when there was none.
func FirstGood(records []Record, kind Kind, since time.Time, by string) (time.Duration, bool) {
	first := int64(-1)
	for _, r := range records {
		if r.Kind == kind && r.OK && r.At >= since.UnixNano() && (by == "" || by == r.By) && (first < 0 || r.End < first) {
			first = r.End
		}
	}
	if first < 0 {
		return 0, false
	}
	return time.Duration(first - since.UnixNano()), true
}

// Acked returns the rows that were acknowledged.
func Acked(records []Record) []int64 {
	var out []int64
	for _, r := range records {
		if r.Kind == SQL && r.OK {
			out = append(out, r.ID)
		}
	}
	return out
}

// Missing returns the acknowledged rows that a server does not have, in order.
func Missing(acked, have []int64) []int64 {
	there := make(map[int64]bool, len(have))
	for _, id := range have {
		there[id] = true
	}
	var out []int64
	for _, id := range acked {
		if !there[id] {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// String says a summary in one line.
func (s Summary) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d sent, %d lost", s.Sent, s.Lost)
	for _, why := range sortedKeys(s.Why) {
		fmt.Fprintf(&b, ", %d %s", s.Why[why], why)
	}
	for _, by := range sortedKeys(s.By) {
		fmt.Fprintf(&b, "; %d by %s", s.By[by], by)
	}
	if o, ok := s.Longest(); ok && o.Until == 0 {
		b.WriteString("; away to the end")
	} else if ok {
		fmt.Fprintf(&b, "; away %d times, longest %v", len(s.Outages), o.Took().Round(10*time.Microsecond))
	}
	return b.String()
}

func sortedKeys[K ~string](m map[K]int) []K {
	var out []K
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
