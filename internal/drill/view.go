package drill

import (
	"time"

	"jembatan/health"
)

// A Sample is one request of a client.
type Sample struct {
	At     time.Time // when it was sent
	Took   time.Duration
	OK     bool
	Reason health.Reason // why not
}

// An Outage is a time without service: from the first request that failed to the
// first of several good ones in a row.
type Outage struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to,omitzero"` // zero: it had not ended
}

// A Path is what clients got through one address.
type Path struct {
	Router  string    `json:"router"`
	Address string    `json:"address"`
	How     string    `json:"how"` // tcp or http
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Sent    int       `json:"sent"`
	Failed  int       `json:"failed"` // Lost among them
	Lost    int       `json:"lost"`   // no answer within the timeout
	// Unsent could not be sent through a fault of the client's own host. They say
	// nothing about the service and count nowhere else.
	Unsent  int            `json:"unsent,omitempty"`
	Reasons map[string]int `json:"reasons,omitempty"` // of the failed ones
	Outages []Outage       `json:"outages"`
	// Longest is the longest outage. One that had not ended counts until To.
	Longest time.Duration `json:"longest_outage"`
	// Gap is the longest time between two good answers that followed each other.
	Gap time.Duration `json:"longest_gap"`
	// Typical and Slowest are times of good answers.
	Typical time.Duration `json:"typical"`
	Slowest time.Duration `json:"slowest"`
}

// Recovered reports whether the last outage has ended.
func (p *Path) Recovered() bool {
	return len(p.Outages) == 0 || !p.Outages[len(p.Outages)-1].To.IsZero()
}

// View counts the samples that were sent from one time until before another.
// They are in the order in which they were sent; good is how many good ones in
// a row end an outage.
func View(samples []Sample, from, to time.Time, good int) Path {
	v := viewer{good: good, p: Path{From: from, To: to, Outages: []Outage{}}}
	for _, s := range samples {
		if !s.At.Before(from) && s.At.Before(to) {
			v.take(s)
		}
	}
	v.close()
	return v.p
}

// A viewer counts.
type viewer struct {
	p       Path
	good    int
	open    bool      // an outage has not ended
	row     int       // good ones in a row in it
	rowFrom time.Time // the first of them
	answer  time.Time // the last good answer
	took    []time.Duration
}

func (v *viewer) take(s Sample) {
	if s.Reason == health.ProberFailed {
		v.p.Unsent++
		return
	}
	v.p.Sent++
	if !s.OK {
		v.fail(s)
		return
	}
	v.took = append(v.took, s.Took)
	at := s.At.Add(s.Took)
	if !v.answer.IsZero() {
		v.p.Gap = max(v.p.Gap, at.Sub(v.answer))
	}
	if at.After(v.answer) {
		v.answer = at
	}
	if !v.open {
		return
	}
	if v.row == 0 {
		v.rowFrom = s.At
	}
	if v.row++; v.row >= v.good {
		v.open = false
		v.p.Outages[len(v.p.Outages)-1].To = v.rowFrom
	}
}

func (v *viewer) fail(s Sample) {
	v.p.Failed++
	if s.Reason == health.Timeout {
		v.p.Lost++
	}
	if v.p.Reasons == nil {
		v.p.Reasons = map[string]int{}
	}
	v.p.Reasons[string(s.Reason)]++
	v.row = 0
	if !v.open {
		v.open = true
		v.p.Outages = append(v.p.Outages, Outage{From: s.At})
	}
}

func (v *viewer) close() {
	for _, o := range v.p.Outages {
		end := o.To
		if end.IsZero() {
			end = v.p.To
		}
		v.p.Longest = max(v.p.Longest, end.Sub(o.From))
	}
	if !v.answer.IsZero() && v.open {
		v.p.Gap = max(v.p.Gap, v.p.To.Sub(v.answer))
	}
	v.p.Typical, v.p.Slowest = quantile(v.took, 50), quantile(v.took, 100)
}
