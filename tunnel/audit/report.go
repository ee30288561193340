package audit

import "time"

// SchemaName names the form of a Report in JSON.
const SchemaName = "jembatan.audit/1"

// A Report is the outcome of an audit. Its JSON form is documented in
// docs/reference/audit-json.md; fields are added to it, never changed.
type Report struct {
	Schema   string      `json:"schema"`  // "jembatan.audit/1"
	Made     time.Time   `json:"made"`    // when the audit was made, UTC
	Tool     string      `json:"tool"`    // name and version of the program
	Promise  float64     `json:"promise"` // the longest outage promised, in seconds
	Summary  Summary     `json:"summary"`
	Routers  []RouterRow `json:"routers"`           // what was read, sorted by name
	Unread   []Unread    `json:"unread"`            // routers and files that could not be read
	Doubts   []Doubt     `json:"doubts"`            // what was strange about the sources
	Tunnels  []TunnelRow `json:"tunnels"`           // every tunnel with its ends
	Outages  []Outage    `json:"outages"`           // how long each tunnel, link, group and service may be out
	Findings []Finding   `json:"findings"`          // what is wrong, worst first
	Accepted []Finding   `json:"accepted"`          // findings that a waiver in force accepts
	Waivers  []WaiverUse `json:"waivers,omitempty"` // every waiver with what became of it
	Unknown  []Undecided `json:"unknown"`           // checks that could not be decided
	Skipped  []Skipped   `json:"skipped"`           // checks that exports cannot answer
	Trend    *Trend      `json:"trend,omitempty"`   // against the baseline
}

// A Summary counts.
type Summary struct {
	Score    int    `json:"score"` // 0 to 100; see docs/audit.md
	Grade    string `json:"grade"` // A to E
	Critical int    `json:"critical"`
	High     int    `json:"high"`
	Medium   int    `json:"medium"`
	Low      int    `json:"low"`
	Info     int    `json:"info"`
	Accepted int    `json:"accepted"`
	Unknown  int    `json:"unknown"`
	Checks   int    `json:"checks"` // checks made, of one rule on one subject each
	Routers  int    `json:"routers"`
	Unread   int    `json:"unread"`
	Tunnels  int    `json:"tunnels"`
}

// Of returns the number of findings of a severity.
func (s *Summary) Of(v Severity) int {
	if p := s.at(v); p != nil {
		return *p
	}
	return 0
}

func (s *Summary) at(v Severity) *int {
	switch v {
	case Critical:
		return &s.Critical
	case High:
		return &s.High
	case Medium:
		return &s.Medium
	case Low:
		return &s.Low
	case Info:
		return &s.Info
	case SeverityUnknown:
	}
	return nil
}

func (s *Summary) count(v Severity) {
	if p := s.at(v); p != nil {
		*p++
	}
}

// A RouterRow is one router that was read.
type RouterRow struct {
	Name     string `json:"name"`
	Identity string `json:"identity,omitempty"`
	Site     string `json:"site,omitempty"`
	Model    string `json:"model,omitempty"`
	Version  string `json:"version,omitempty"`
	Source   Source `json:"source"`
	Tunnels  int    `json:"tunnels"` // EoIP interfaces
}

// A TunnelRow is one tunnel.
type TunnelRow struct {
	Subject string    `json:"subject"`
	State   PairState `json:"state"`
	Why     Text      `json:"why"`
	Peer    string    `json:"peer,omitempty"` // the router at the other end when only that is known
	Ends    []EndRow  `json:"ends"`           // one or two
}

// An EndRow is one side of a tunnel.
type EndRow struct {
	Router   string `json:"router"`
	Name     string `json:"name"`
	ID       int    `json:"id"`
	Local    string `json:"local,omitempty"`
	Remote   string `json:"remote"`
	Disabled bool   `json:"disabled,omitempty"`
	Running  *bool  `json:"running,omitempty"` // live only
	Bridge   string `json:"bridge,omitempty"`
	Bond     string `json:"bond,omitempty"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
}

// A Finding is one thing that is wrong.
type Finding struct {
	Rule     string     `json:"rule"`
	Area     string     `json:"area"`
	Severity Severity   `json:"severity"`
	Title    Text       `json:"title"`
	Say      Text       `json:"say"` // what was found here
	Subject  string     `json:"subject"`
	Routers  []string   `json:"routers"`
	Why      Text       `json:"why"`
	Evidence []Evidence `json:"evidence"`
	Fix      []Command  `json:"fix"`    // to be reviewed by a person
	Advice   Text       `json:"advice"` // what to do, in general
	Ref      string     `json:"ref,omitempty"`
	Control  string     `json:"control,omitempty"`
	Waiver   *Waiver    `json:"waiver,omitempty"` // accepts it; or, among the findings, has expired
	New      bool       `json:"new,omitempty"`    // not in the baseline
}

// Key identifies a finding between audits.
func (f *Finding) Key() string { return f.Rule + " " + f.Subject }

// An Undecided is a check that could not be decided.
type Undecided struct {
	Rule    string `json:"rule"`
	Subject string `json:"subject"`
	Why     Text   `json:"why"`
}

// A Skipped is a rule that needs live routers.
type Skipped struct {
	Rule     string `json:"rule"`
	Title    Text   `json:"title"`
	Subjects int    `json:"subjects"`
}

// Worst returns the severity of the worst finding.
func (r *Report) Worst() Severity {
	worst := SeverityUnknown
	for _, f := range r.Findings {
		worst = max(worst, f.Severity)
	}
	return worst
}

// describe enters routers and tunnels.
func (b *builder) describe() {
	count := map[*Router]int{}
	for _, e := range b.n.ends {
		count[e.Router]++
	}
	for _, r := range b.n.Routers {
		b.report.Routers = append(b.report.Routers, RouterRow{
			Name: r.Name, Identity: r.Identity, Site: r.Site, Model: r.Model, Version: r.Version, Source: r.Source, Tunnels: count[r],
		})
	}
	for _, t := range b.n.Tunnels {
		row := TunnelRow{Subject: t.Subject(), State: t.State, Why: t.Why, Peer: t.Peer}
		for _, e := range t.ends() {
			row.Ends = append(row.Ends, e.row())
		}
		b.report.Tunnels = append(b.report.Tunnels, row)
	}
}

func (e *End) row() EndRow {
	row := EndRow{
		Router: e.Router.Name, Name: e.Name, ID: e.ID, Remote: e.RemoteName, Disabled: e.off(), Line: e.Row.Line,
	}
	if e.Local.IsValid() {
		row.Local = e.Local.String()
	}
	if e.Remote.IsValid() {
		row.Remote = e.Remote.String()
	}
	if e.Bridge != nil {
		row.Bridge = e.Bridge.Name
	}
	if e.Bond != nil {
		row.Bond = e.Bond.Get("name")
	}
	if e.Router.IsLive() {
		running := e.Row.Is("running")
		row.Running = &running
	} else {
		row.File = e.Router.Source.Where
	}
	return row
}

// Broken returns the tunnels, by subject, whose frames are at risk, with the
// worst severity of each: what was found of pairing, identity, liveness, MTU and
// layer 2 of the tunnel or of one of its ends.
func (r *Report) Broken() map[string]Severity {
	tunnels := map[string]string{}
	for _, t := range r.Tunnels {
		tunnels[t.Subject] = t.Subject
		for _, e := range t.Ends {
			tunnels[e.Router+"/"+e.Name] = t.Subject
		}
	}
	out := map[string]Severity{}
	for _, f := range r.Findings {
		switch f.Area {
		case "PAIR", "IDN", "LIVE", "MTU", "L2":
			if subject, ok := tunnels[f.Subject]; ok {
				out[subject] = max(out[subject], f.Severity)
			}
		}
	}
	return out
}

// score is the weighted share of checks that found nothing, capped by what was
// found: 49 with one critical finding and one less for every further one, down
// to 20; else 79 with one high finding, down to 50; else 89 with an unread router. Grades go in steps: A from 90, B 80, C 65, D 50, E.
func score(passed, made int, s Summary, unread bool) (n int, grade string) {
	n = 100
	if made > 0 {
		n = passed * 100 / made
	}
	switch {
	case s.Critical > 0:
		n = min(n, 50-min(s.Critical, 30))
	case s.High > 0:
		n = min(n, 80-min(s.High, 30))
	case unread:
		n = min(n, 89)
	}
	for _, g := range []struct {
		from int
		name string
	}{{90, "A"}, {80, "B"}, {65, "C"}, {50, "D"}} {
		if n >= g.from {
			return n, g.name
		}
	}
	return n, "E"
}
