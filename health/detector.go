package health

import (
	"slices"
	"time"
)

// A Detector turns samples into verdicts. See the package comment.
type Detector struct {
	c        Config
	topics   []topic
	vantages []*vantage // in the order of Config
	now      time.Time
	states   map[string]*state
}

// A state is what was last told about a server.
type state struct {
	verdict              Verdict
	suspect, split, load bool
	reason               Reason
	since                time.Time
	rift                 rift
}

// same ignores times: they are detail of a change, not a change.
func (s state) same(o state) bool {
	s.since, o.since, s.rift, o.rift = time.Time{}, time.Time{}, rift{}, rift{}
	return s == o
}

// New returns a Detector that believes nothing yet.
func New(c Config) (*Detector, error) {
	c, err := c.resolved()
	if err != nil {
		return nil, err
	}
	d := &Detector{c: c, topics: topicsOf(c.Probes), states: map[string]*state{}}
	for _, v := range c.Vantages {
		d.vantages = append(d.vantages, newVantage(v, &d.c))
	}
	for _, s := range c.Servers {
		d.states[s] = &state{reason: TooFewSamples}
	}
	return d, nil
}

// Observe counts one sample and returns what changed by it. Samples of servers,
// vantages and probes that are not configured are ignored.
func (d *Detector) Observe(s Sample) []Change {
	d.advance(s.At)
	v := d.vantage(s.Vantage)
	known := slices.ContainsFunc(d.c.Probes, func(p Probe) bool { return p.Name == s.Probe })
	if v == nil || !known || d.states[s.Server] == nil {
		return nil
	}
	v.observe(s, &d.c)
	return d.judge(s.Server)
}

// Refer counts a sample of a reference target.
func (d *Detector) Refer(r Reference) []Change {
	d.advance(r.At)
	v := d.vantage(r.Vantage)
	if v == nil {
		return nil
	}
	v.refer(r, &d.c)
	return d.judge(d.c.Servers...)
}

// Tick tells what time it is: vantages that fell silent are late from then on.
// Call it about once an interval.
func (d *Detector) Tick(now time.Time) []Change {
	d.advance(now)
	for _, v := range d.vantages {
		v.settle(d.now)
	}
	return d.judge(d.c.Servers...)
}

// Verdict returns the present verdict about a server.
func (d *Detector) Verdict(server string) Verdict {
	if s := d.states[server]; s != nil {
		return s.verdict
	}
	return Unknown
}

// advance moves the clock; it never goes back.
func (d *Detector) advance(now time.Time) {
	if now.After(d.now) {
		d.now = now
	}
}

func (d *Detector) vantage(name string) *vantage {
	for _, v := range d.vantages {
		if v.Name == name {
			return v
		}
	}
	return nil
}

// judge counts the votes about servers and returns what is new.
func (d *Detector) judge(servers ...string) []Change {
	var out []Change
	for _, server := range servers {
		was, is := d.states[server], d.verdict(server)
		if was.same(is) {
			was.since, was.rift = is.since, is.rift
			continue
		}
		out = append(out, Change{
			Server: server, At: d.now, From: was.verdict, To: is.verdict,
			Suspect: is.suspect, Split: is.split, Load: is.load, Reason: is.reason, Since: is.since,
			Says: d.says(server),
		})
		*was = is
	}
	return out
}

// verdict counts the votes on every topic of a server.
func (d *Detector) verdict(server string) state {
	was := d.states[server]
	out := state{rift: was.rift}
	answered := true // every topic that anybody looks at has a good vote
	confirmed := false
	for _, t := range d.topics {
		n := tally(&d.c, d.ballots(server, t), was.verdict == Failed)
		out.load = out.load || n.load
		if n.looked && n.healthy == 0 {
			answered = false
		}
		if !n.suspected {
			continue
		}
		why := n.confirmed(&d.c)
		out.split = out.split || why == Partition
		confirmed = confirmed || why == None
		if out.reason == None || why == Partition {
			out.reason = why
		}
		if n.since.After(out.since) {
			out.since = n.since
		}
		out.suspect = true
	}
	out.rift.note(out.split, d.now, &d.c)
	switch {
	case confirmed && !out.split && was.verdict != Failed && out.rift.heals(d.now, &d.c):
		out.reason = Settling
	case confirmed && !out.split:
		out.verdict, out.suspect, out.reason = Failed, false, QuorumFailed
	case answered && d.agreed(server):
		out.verdict = Healthy
		if !out.suspect {
			out.reason = QuorumHealthy
		}
	case !out.suspect:
		out.reason = TooFewSamples
	}
	return out
}

// agreed reports whether a quorum of vantages, one of them away from the
// controller, finds everything well that it looks at.
func (d *Detector) agreed(server string) bool {
	well, away := 0, false
	for _, v := range d.vantages {
		if v.abstains(server, d.now) != None {
			continue
		}
		all, some := true, false
		for k, t := range v.tracks {
			if k.server != server || !t.fresh(d.now, v.overdue) {
				continue
			}
			some, all = true, all && t.view == Healthy
		}
		if some && all {
			well, away = well+1, away || !v.Beside
		}
	}
	return well >= d.c.Quorum && away
}

func (d *Detector) ballots(server string, t topic) []ballot {
	out := make([]ballot, len(d.vantages))
	for i, v := range d.vantages {
		out[i] = v.vote(&d.c, server, t, d.now)
	}
	return out
}
