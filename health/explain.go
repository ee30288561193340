package health

import (
	"fmt"
	"strings"
	"time"
)

// An Explanation is why a server's verdict is what it is.
type Explanation struct {
	Server   string         `json:"server"`
	Verdict  Verdict        `json:"verdict"`
	Suspect  bool           `json:"suspect"`
	Split    bool           `json:"split"`
	Load     bool           `json:"load"`
	Reason   Reason         `json:"reason"`
	Since    time.Time      `json:"since,omitzero"`
	Quorum   int            `json:"quorum"`
	Vantages []VantageState `json:"vantages"`
}

// A VantageState is what one vantage says about a server: its gravest vote on
// any layer and its probes.
type VantageState struct {
	Vantage string       `json:"vantage"`
	Vote    Vote         `json:"vote"`
	Reason  Reason       `json:"reason,omitempty"`
	Probes  []ProbeState `json:"probes"`
}

// A ProbeState is one probe as one vantage sees it.
type ProbeState struct {
	Probe  string        `json:"probe"`
	View   Verdict       `json:"view"`
	Misses int           `json:"misses"`
	Rises  int           `json:"rises"`
	Last   time.Time     `json:"last,omitzero"`
	RTT    time.Duration `json:"rtt"`
	Reason Reason        `json:"reason,omitempty"`
}

// Explain returns the state of a server for people. The zero Explanation means
// that there is no such server.
func (d *Detector) Explain(server string) Explanation {
	s := d.states[server]
	if s == nil {
		return Explanation{}
	}
	out := Explanation{
		Server: server, Verdict: s.verdict, Suspect: s.suspect, Split: s.split, Load: s.load,
		Reason: s.reason, Since: s.since, Quorum: d.c.Quorum,
	}
	for _, v := range d.vantages {
		b := d.gravest(v, server)
		vs := VantageState{Vantage: v.Name, Vote: b.vote, Reason: b.reason}
		for _, p := range d.c.Probes {
			if t := v.tracks[trackKey{server, p.Name}]; t != nil {
				vs.Probes = append(vs.Probes, ProbeState{p.Name, t.view, t.misses, t.rises, t.last, t.rtt, t.reason})
			}
		}
		out.Vantages = append(out.Vantages, vs)
	}
	return out
}

// gravest returns what v says about a server: its gravest vote on any topic.
func (d *Detector) gravest(v *vantage, server string) ballot {
	out := ballot{v: v, vote: NoOpinion}
	for i, t := range d.topics {
		if b := v.vote(&d.c, server, t, d.now); i == 0 || graver(b.vote, out.vote) {
			out = b
		}
	}
	return out
}

// says names the vantages that do not find a server well, with their votes and why.
func (d *Detector) says(server string) string {
	var out []string
	for _, v := range d.vantages {
		if b := d.gravest(v, server); b.vote != ForHealthy && b.vote != NoOpinion && b.reason != OnServer {
			out = append(out, fmt.Sprintf("%s %v (%s)", v.Name, b.vote, b.reason))
		}
	}
	return strings.Join(out, ", ")
}

// graver reports whether a says more than b: failed, undecided, healthy,
// nothing.
func graver(a, b Vote) bool { return gravity(a) > gravity(b) }

func gravity(v Vote) int {
	switch v {
	case ForFailed:
		return 4
	case Abstains:
		return 3
	case Undecided:
		return 2
	case ForHealthy:
		return 1
	case NoOpinion:
	}
	return 0
}
