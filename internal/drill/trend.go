package drill

import (
	"slices"
	"time"
)

// A Past is a drill that was held before.
type Past struct {
	ID      string         `json:"id"`
	At      time.Time      `json:"at"`
	Verdict Verdict        `json:"verdict"`
	RTO     *time.Duration `json:"rto"`
}

// A Trend is this drill among the last ones.
type Trend struct {
	Past []Past `json:"past"` // the oldest first
	// P50 and P95 are over the RTOs of Past and of this drill; nil: none was measured.
	P50 *time.Duration `json:"p50"`
	P95 *time.Duration `json:"p95"`
}

// PastOf is what later reports tell of one.
func PastOf(r *Report) Past { return Past{r.ID, r.Began, r.Verdict, r.Measured.RTO} }

func trendOf(past []Past, rto *time.Duration) Trend {
	t := Trend{Past: past}
	if t.Past == nil {
		t.Past = []Past{}
	}
	var all []time.Duration
	for _, p := range past {
		if p.RTO != nil {
			all = append(all, *p.RTO)
		}
	}
	if rto != nil {
		all = append(all, *rto)
	}
	if len(all) > 0 {
		p50, p95 := quantile(all, 50), quantile(all, 95)
		t.P50, t.P95 = &p50, &p95
	}
	return t
}

// quantile returns the value that at least percent of all do not exceed; zero of none.
func quantile(all []time.Duration, percent int) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[max(0, (len(sorted)*percent+99)/100-1)]
}
