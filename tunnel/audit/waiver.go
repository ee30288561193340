package audit

import (
	"path"
	"slices"
	"time"
)

// A Waiver accepts findings for a time.
type Waiver struct {
	Rule   string    `json:"rule"`  // "MGMT-01", or a pattern: "MGMT-*"
	Scope  string    `json:"scope"` // a router, a subject, or a pattern of either; "*" is everything
	Reason string    `json:"reason"`
	Who    string    `json:"who"`
	Until  time.Time `json:"until"` // the last day on which it holds
	Line   int       `json:"line,omitempty"`
}

// accepts reports whether the waiver is about a finding.
func (w *Waiver) accepts(f *Finding) bool {
	if !matches(w.Rule, f.Rule) {
		return false
	}
	return matches(w.Scope, f.Subject) || slices.ContainsFunc(f.Routers, func(r string) bool { return matches(w.Scope, r) })
}

// matches reports whether a name fits a pattern in which "*" is any text.
func matches(pattern, name string) bool {
	if pattern == "*" || pattern == name {
		return true
	}
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}

// expired reports whether the waiver no longer holds at now.
func (w *Waiver) expired(now time.Time) bool { return !now.Before(w.Until.AddDate(0, 0, 1)) }

// A WaiverUse is what became of a waiver.
type WaiverUse struct {
	Waiver
	State    string `json:"state"`    // "in force", "expired" or "unused"
	Findings int    `json:"findings"` // how many it accepts, or would if it had not expired
}

// States of a waiver.
const (
	WaiverInForce = "in force"
	WaiverExpired = "expired"
	WaiverUnused  = "unused"
)

// waive moves findings that a waiver in force accepts to the accepted ones. One
// that has expired stays beside its finding, so that people see why it is back.
func (b *builder) waive(waivers []Waiver) {
	uses := make([]WaiverUse, len(waivers))
	for i, w := range waivers {
		uses[i] = WaiverUse{Waiver: w, State: WaiverUnused}
	}
	var open []Finding
	for _, f := range b.report.Findings {
		for i := range uses {
			w := &uses[i]
			if !w.accepts(&f) {
				continue
			}
			w.Findings++
			w.State = WaiverInForce
			if w.expired(b.n.Now) {
				w.State = WaiverExpired
			}
			if f.Waiver == nil || w.State == WaiverInForce {
				f.Waiver = &w.Waiver
			}
		}
		if f.Waiver != nil && !f.Waiver.expired(b.n.Now) {
			b.report.Accepted = append(b.report.Accepted, f)
			continue
		}
		open = append(open, f)
	}
	b.report.Findings, b.report.Waivers = open, uses
}
