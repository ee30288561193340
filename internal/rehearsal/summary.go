//go:build linux

package rehearsal

import (
	"math"
	"slices"
	"time"
)

// A Spread is how a time was distributed over runs.
type Spread struct {
	P50 time.Duration `json:"p50"`
	P95 time.Duration `json:"p95"`
	Max time.Duration `json:"max"`
}

// SpreadOf sorts times into a spread, by the nearest rank: the smallest of them
// that so many of a hundred do not exceed. Of less than twenty the P95 is the
// largest.
func SpreadOf(all []time.Duration) Spread {
	if len(all) == 0 {
		return Spread{}
	}
	sorted := slices.Sorted(slices.Values(all))
	rank := func(p float64) time.Duration { return sorted[max(0, int(math.Ceil(p*float64(len(sorted))))-1)] }
	return Spread{rank(0.50), rank(0.95), sorted[len(sorted)-1]}
}

// A Row is all runs of one scenario.
type Row struct {
	Scenario string `json:"scenario"`
	Variant  string `json:"variant"`
	About    string `json:"about"`
	Runs     int    `json:"runs"`
	// Pages and Rows are the gaps, of runs in which they were looked at. Open is in
	// how many runs a gap had no end.
	Pages Spread `json:"pages"`
	Rows  Spread `json:"rows"`
	Open  int    `json:"open"`
	// Parts are the medians of what a move is made of, in its order; a part that
	// there was none of is missing.
	Parts []PartTime `json:"parts"`
	// LostPages is the median over runs; the others are sums.
	LostPages int           `json:"lost_pages"`
	Acked     int           `json:"acked"`
	LostRows  int           `json:"lost_rows"`
	False     int           `json:"false"`
	Two       int           `json:"two"`  // times in which two servers took writes
	Own       time.Duration `json:"own"`  // the longest in which one did so for its segment alone
	Busy      float64       `json:"busy"` // the mean part of the machine that was used meanwhile, by whomever
	Ends      []string      `json:"ends"`
	Broken    []string      `json:"broken,omitempty"` // each once
	// Rivals are the gaps of others that met the same fault.
	Rivals map[string]Spread `json:"rivals,omitempty"`
}

// A PartTime is one part of a move.
type PartTime struct {
	Name string        `json:"name"`
	P50  time.Duration `json:"p50"`
}

// Summarise makes a row of each scenario that has results, in the order of a table.
func Summarise(results []*Result, table []Scenario) []Row {
	var out []Row
	for _, s := range table {
		var runs []*Result
		for _, r := range results {
			if r.Scenario == s.Name {
				runs = append(runs, r)
			}
		}
		if len(runs) > 0 {
			out = append(out, rowOf(runs, s.About))
		}
	}
	return out
}

func rowOf(runs []*Result, about string) Row {
	row := Row{Scenario: runs[0].Scenario, Variant: runs[0].Variant, About: about, Runs: len(runs), Rivals: map[string]Spread{}}
	var pages, rows []time.Duration
	var lost []int
	parts, rivals := map[string][]time.Duration{}, map[string][]time.Duration{}
	for _, r := range runs {
		for _, kind := range []struct {
			gap Gap
			all *[]time.Duration
		}{{r.PageGap, &pages}, {r.RowGap, &rows}} {
			if kind.gap.Open {
				row.Open++
			} else if kind.gap.Took > 0 {
				*kind.all = append(*kind.all, kind.gap.Took)
			}
		}
		n := 0
		for _, u := range r.Pages {
			n += u.Lost
		}
		lost = append(lost, n)
		row.Acked, row.LostRows, row.False, row.Two = row.Acked+r.Acked, row.LostRows+r.Lost, row.False+r.False, row.Two+len(r.Two)
		row.Busy += r.Busy / float64(len(runs))
		row.Own = max(row.Own, longest(r.Own))
		for _, p := range r.Parts.List() {
			if p.Took != nil {
				parts[p.Name] = append(parts[p.Name], *p.Took)
			}
		}
		for name, u := range r.Rivals {
			rivals[name] = append(rivals[name], u.Gap.Took)
		}
		row.Ends = addNew(row.Ends, r.Ends())
		for _, b := range r.Broken {
			row.Broken = addNew(row.Broken, b)
		}
	}
	slices.Sort(lost)
	row.Pages, row.Rows, row.LostPages = SpreadOf(pages), SpreadOf(rows), lost[(len(lost)-1)/2]
	for _, p := range runs[0].Parts.List() {
		if len(parts[p.Name]) > 0 {
			row.Parts = append(row.Parts, PartTime{p.Name, SpreadOf(parts[p.Name]).P50})
		}
	}
	for name, all := range rivals {
		row.Rivals[name] = SpreadOf(all)
	}
	return row
}

// Ends says where the service ended.
func (r *Result) Ends() string {
	out := r.Active + " " + r.Phase.String()
	if r.Reason != "" {
		out += " (" + string(r.Reason) + ")"
	}
	return out
}

func addNew(all []string, s string) []string {
	if slices.Contains(all, s) {
		return all
	}
	return append(all, s)
}
