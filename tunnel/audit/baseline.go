package audit

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Trend compares two audits.
type Trend struct {
	Made      time.Time `json:"made"` // when the baseline was made
	Score     int       `json:"score"`
	Grade     string    `json:"grade"`
	New       []Change  `json:"new"`
	Gone      []Change  `json:"gone"`
	Changed   []Change  `json:"changed"` // the same finding with another severity
	Unchanged int       `json:"unchanged"`
}

// A Change is a finding that came, went or changed.
type Change struct {
	Rule     string   `json:"rule"`
	Subject  string   `json:"subject"`
	Severity Severity `json:"severity"`
	Before   Severity `json:"before,omitzero"`
	Say      Text     `json:"say"`
}

// ParseReport reads a report in its JSON form, as a baseline.
func ParseReport(data []byte) (*Report, error) {
	var head struct{ Schema string }
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("not an audit report: %w", err)
	}
	if head.Schema != SchemaName {
		return nil, fmt.Errorf("not an audit report of schema %s (it says %q); make one with -o json", SchemaName, head.Schema)
	}
	var r Report
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("audit report: %w", err)
	}
	return &r, nil
}

// UnmarshalText reads a kind of source.
func (k *SourceKind) UnmarshalText(text []byte) error {
	for _, v := range []SourceKind{Live, Export} {
		if v.String() == string(text) {
			*k = v
		}
	}
	return nil
}

// UnmarshalText reads a state of pairing.
func (s *PairState) UnmarshalText(text []byte) error {
	for v := PairUnknown; v <= PeerUnread; v++ {
		if v.String() == string(text) {
			*s = v
		}
	}
	return nil
}

// UnmarshalText reads a kind of doubt.
func (k *DoubtKind) UnmarshalText(text []byte) error {
	for v := DoubtUnknown; v <= DoubtDifferent; v++ {
		if v.String() == string(text) {
			*k = v
		}
	}
	return nil
}

// compare fills in the trend against a baseline. Findings are told apart by
// rule and subject; several of one rule on one subject count as one.
func (r *Report) compare(base *Report) {
	if base == nil {
		return
	}
	t := &Trend{Made: base.Made, Score: base.Summary.Score, Grade: base.Summary.Grade}
	before := map[string]*Finding{}
	for i := range base.Findings {
		before[base.Findings[i].Key()] = &base.Findings[i]
	}
	now := map[string]bool{}
	for i := range r.Findings {
		f := &r.Findings[i]
		old := before[f.Key()]
		first := !now[f.Key()]
		now[f.Key()] = true
		switch {
		case old == nil:
			f.New = true
			t.New = append(t.New, Change{f.Rule, f.Subject, f.Severity, SeverityUnknown, f.Say})
		case first && old.Severity != f.Severity:
			t.Changed = append(t.Changed, Change{f.Rule, f.Subject, f.Severity, old.Severity, f.Say})
		case first:
			t.Unchanged++
		}
	}
	for key, f := range before {
		if !now[key] {
			t.Gone = append(t.Gone, Change{f.Rule, f.Subject, f.Severity, SeverityUnknown, f.Say})
		}
	}
	slices.SortFunc(t.Gone, func(a, b Change) int { return strings.Compare(a.Rule+a.Subject, b.Rule+b.Subject) })
	r.Trend = t
}
