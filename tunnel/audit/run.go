package audit

import (
	"cmp"
	"slices"
	"time"

	"jembatan/tunnel"
)

// Input is everything that an audit looks at. Run keeps it.
type Input struct {
	Routers []*Router
	// Unread are routers and files that could not be read.
	Unread []Unread
	// Doubts are what was strange about the sources.
	Doubts   []Doubt
	Topology *tunnel.Topology // nil when there is none
	Now      time.Time
	Policy   Policy
	Seal     Sealer
	Waivers  []Waiver
	Baseline *Report // nil when there is none
	Tool     string  // who made the report: name and version of the program
}

// An Unread is a router or a file that is not in the audit.
type Unread struct {
	Name   string `json:"name"`  // of the router, or of the file
	Where  string `json:"where"` // address or path
	Line   int    `json:"line,omitempty"`
	Reason string `json:"reason"`
	// Alien says that the file is no export at all, so that probably no router
	// is missing.
	Alien bool `json:"alien,omitempty"`
}

// A DoubtKind is what was strange about a source.
type DoubtKind uint8

// Kinds of doubts.
const (
	DoubtUnknown   DoubtKind = iota
	DoubtDamaged             // a line that could not be read
	DoubtOlder               // an older export of a router that was read from a newer one
	DoubtTwice               // the same export twice
	DoubtIdentity            // two routers with one identity
	DoubtEncoding            // read in an encoding that is not UTF-8
	DoubtDifferent           // a saved export that differs from the live router
)

// String returns the word that reports use.
func (k DoubtKind) String() string {
	switch k {
	case DoubtDamaged:
		return "damaged"
	case DoubtOlder:
		return "older"
	case DoubtTwice:
		return "twice"
	case DoubtIdentity:
		return "identity"
	case DoubtEncoding:
		return "encoding"
	case DoubtDifferent:
		return "different"
	case DoubtUnknown:
	}
	return "unknown"
}

// MarshalText implements encoding.TextMarshaler.
func (k DoubtKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// A Doubt is something strange about a source that was read all the same, or
// left aside.
type Doubt struct {
	Kind   DoubtKind `json:"kind"`
	Router string    `json:"router,omitempty"`
	File   string    `json:"file,omitempty"`
	Line   int       `json:"line,omitempty"`
	Say    Text      `json:"say"`
	// Evidence is for DoubtDifferent.
	Evidence []Evidence `json:"evidence,omitempty"`
}

// Run audits. It does not fail: what it could not tell is in the report.
func Run(in Input) *Report {
	n := newNetwork(in)
	b := builder{n: n, report: &Report{
		Schema: SchemaName, Made: in.Now.UTC(), Tool: in.Tool, Promise: seconds(n.Policy.Promise),
		Unread: in.Unread, Doubts: in.Doubts,
	}}
	b.describe()
	b.outages()
	for _, rule := range Rules() {
		b.apply(&rule)
	}
	b.waive(in.Waivers)
	b.finish()
	b.report.compare(in.Baseline)
	return b.report
}

// A builder fills a report.
type builder struct {
	n      *Network
	report *Report
	passed int // weight of the checks that found nothing
	made   int // weight of all checks
	skips  map[string]*Skipped
}

// apply runs one rule over all its subjects.
func (b *builder) apply(rule *Rule) {
	switch {
	case rule.tunnel != nil:
		for _, t := range b.n.Tunnels {
			if rule.Live && !allLive(t) {
				b.skip(rule)
				continue
			}
			v := verdict{unknown: needs(rule, t)}
			if v.unknown.IsZero() {
				v = rule.tunnel(b.n, t)
			}
			b.take(rule, v, t.Subject(), t.routers())
		}
	case rule.router != nil:
		for _, r := range b.n.Routers {
			b.applyRouter(rule, r)
		}
	case rule.whole != nil:
		b.take(rule, rule.whole(b.n), "network", nil)
	}
}

func (b *builder) applyRouter(rule *Rule, r *Router) {
	if rule.Live && !r.IsLive() {
		b.skip(rule)
		return
	}
	for _, menu := range rule.Needs {
		if why, ok := r.Known(menu); !ok {
			b.take(rule, unclear(why), r.Name, nil)
			return
		}
	}
	b.take(rule, rule.router(b.n, r), r.Name, []string{r.Name})
}

// needs says which menu of an end that a rule needs is not known.
func needs(rule *Rule, t *Tunnel) Text {
	for _, menu := range rule.Needs {
		for _, e := range t.ends() {
			if why, ok := e.Router.Known(menu); !ok {
				return say("%s: %s", "%s: %s", e.Router.Name, why)
			}
		}
	}
	return Text{}
}

func allLive(t *Tunnel) bool {
	for _, e := range t.ends() {
		if !e.Router.IsLive() {
			return false
		}
	}
	return true
}

// take enters a verdict.
func (b *builder) take(rule *Rule, v verdict, subject string, routers []string) {
	if !v.unknown.IsZero() {
		b.report.Unknown = append(b.report.Unknown, Undecided{rule.ID, subject, v.unknown})
	}
	if !v.checked {
		return
	}
	b.report.Summary.Checks++
	worst := rule.Severity
	for _, h := range v.hits {
		f := Finding{
			Rule: rule.ID, Area: rule.Area(), Severity: cmp.Or(h.severity, rule.Severity), Title: rule.Title, Say: h.say,
			Subject: cmp.Or(h.subject, subject), Routers: h.routers, Why: rule.Why,
			Evidence: h.evidence, Fix: h.fix, Advice: rule.Fix, Ref: rule.Ref, Control: rule.Control,
		}
		if f.Routers == nil {
			f.Routers = routers
		}
		worst = max(worst, f.Severity)
		b.report.Findings = append(b.report.Findings, f)
	}
	b.made += worst.weight()
	if len(v.hits) == 0 {
		b.passed += worst.weight()
	}
}

// skip counts a check that needs a live router.
func (b *builder) skip(rule *Rule) {
	if b.skips == nil {
		b.skips = map[string]*Skipped{}
	}
	if b.skips[rule.ID] == nil {
		b.skips[rule.ID] = &Skipped{Rule: rule.ID, Title: rule.Title}
	}
	b.skips[rule.ID].Subjects++
}

// finish sorts and counts.
func (b *builder) finish() {
	r := b.report
	slices.SortStableFunc(r.Findings, byWeight)
	for _, s := range r.Accepted {
		// An accepted risk does not lower the score.
		b.passed += s.Severity.weight()
	}
	for _, s := range b.skips {
		r.Skipped = append(r.Skipped, *s)
	}
	slices.SortFunc(r.Skipped, func(a, b Skipped) int { return cmp.Compare(a.Rule, b.Rule) })
	for _, list := range []*[]Finding{&r.Findings, &r.Accepted} {
		*list = filled(*list)
		for i := range *list {
			f := &(*list)[i]
			f.Evidence, f.Fix, f.Routers = filled(f.Evidence), filled(f.Fix), filled(f.Routers)
		}
	}
	r.Routers, r.Unread, r.Doubts, r.Tunnels = filled(r.Routers), filled(r.Unread), filled(r.Doubts), filled(r.Tunnels)
	r.Outages, r.Unknown, r.Skipped = filled(r.Outages), filled(r.Unknown), filled(r.Skipped)
	for _, f := range r.Findings {
		r.Summary.count(f.Severity)
	}
	r.Summary.Routers, r.Summary.Unread, r.Summary.Tunnels = len(r.Routers), len(r.Unread), len(r.Tunnels)
	r.Summary.Accepted, r.Summary.Unknown = len(r.Accepted), len(r.Unknown)
	r.Summary.Score, r.Summary.Grade = score(min(b.passed, b.made), b.made, r.Summary, len(r.Unread) > 0)
}

// filled is a list that JSON writes as one even when it is empty.
func filled[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// byWeight orders findings: worst first, then by rule and subject.
func byWeight(a, b Finding) int {
	return cmp.Or(-cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Subject, b.Subject))
}
