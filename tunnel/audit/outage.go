package audit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"jembatan/tunnel"
)

// An Outage is how long something is away when a path or a router fails: the
// sum of its terms, typically and at worst.
type Outage struct {
	Kind    string   `json:"kind"` // tunnel, bond, rstp, vrrp or service
	Subject string   `json:"subject"`
	Routers []string `json:"routers"`
	Terms   []Term   `json:"terms"`
	Typical float64  `json:"typical"` // seconds
	Worst   float64  `json:"worst"`   // seconds
	Never   bool     `json:"never"`   // nothing ends it by itself
	Broken  bool     `json:"broken"`  // longer than what was promised
	// Blame is the term that has to change: the largest one. Empty when the
	// promise holds.
	Blame Text `json:"blame"`
}

// A Term is one part of an outage.
type Term struct {
	Name     Text     `json:"name"`
	Setting  string   `json:"setting"` // where it comes from: "keepalive=10s,10"
	Typical  float64  `json:"typical"`
	Worst    float64  `json:"worst"`
	Never    bool     `json:"never,omitempty"`
	Evidence Evidence `json:"evidence,omitzero"`
}

// seconds is a duration as reports have it.
func seconds(d time.Duration) float64 {
	return float64(d.Round(10*time.Millisecond)) / float64(time.Second)
}

// stretch is how much longer than configured RouterOS's keepalive is: all gaps
// are multiples of 1.04 s (captured on 7.18.2).
const stretch = 1.04

// outages computes the outage of every enabled tunnel, bond, VRRP group and
// service.
func (b *builder) outages() {
	n := b.n
	noticed := map[*Tunnel]Term{}
	for _, t := range n.Tunnels {
		if t.off() {
			continue
		}
		if _, ok := t.Ends[0].Router.Known(MenuEoIP); !ok {
			continue
		}
		term := t.detection()
		noticed[t] = term
		b.outage("tunnel", t.Subject(), t.routers(), term)
	}
	b.bondOutages(noticed)
	for _, g := range n.Groups {
		if len(g.Members) < 2 {
			continue // The others may be routers that nobody gave us.
		}
		b.outage("vrrp", g.Subject(), g.routers(), g.term())
	}
	if n.Topology != nil {
		for i := range n.Topology.Services {
			b.service(&n.Topology.Services[i], noticed)
		}
	}
}

// outage sums terms and enters the result.
func (b *builder) outage(kind, subject string, routers []string, terms ...Term) {
	o := Outage{Kind: kind, Subject: subject, Routers: routers, Terms: terms}
	var largest Term
	for i, t := range terms {
		o.Typical += t.Typical
		o.Worst += t.Worst
		o.Never = o.Never || t.Never
		if i == 0 || slower(t, largest) {
			largest = t
		}
	}
	o.Typical, o.Worst = round(o.Typical), round(o.Worst)
	if o.Never || o.Worst > seconds(b.n.Policy.Promise) {
		o.Broken = true
		o.Blame = say("%s (%s)", "%s (%s)", largest.Name, largest.Setting)
	}
	b.report.Outages = append(b.report.Outages, o)
}

// slower reports whether a takes longer than b; never is longest.
func slower(a, b Term) bool {
	if a.Never != b.Never {
		return a.Never
	}
	return a.Worst > b.Worst
}

// round keeps two decimals.
func round(s float64) float64 {
	v, err := strconv.ParseFloat(fmt.Sprintf("%.2f", s), 64)
	if err != nil {
		return s
	}
	return v
}

// keepalive reads "10s,10"; on is false when it is switched off.
func (e *End) keepalive() (interval time.Duration, retries int, on bool) {
	v := e.Row.Get("keepalive")
	first, second, ok := strings.Cut(v, ",")
	if !ok {
		return 0, 0, false
	}
	d, fine := duration(first)
	n, err := strconv.Atoi(second)
	if !fine || err != nil || d <= 0 || n <= 0 {
		return 0, 0, false
	}
	return d, n, true
}

// dead is after how long the end notices that the other one is gone; never is
// true when it does not.
func (e *End) dead() (typical, worst time.Duration, never bool) {
	interval, retries, on := e.keepalive()
	if !on {
		return 0, 0, true
	}
	whole := time.Duration(float64(interval) * float64(retries) * stretch)
	return whole - time.Duration(float64(interval)*stretch/2), whole, false
}

// detection is when the slower end of the tunnel notices.
func (t *Tunnel) detection() Term {
	term := Term{Name: say("tunnel notices the loss", "terowongan menyadari putus")}
	slowest := -1.0
	for _, e := range t.ends() {
		typical, worst, never := e.dead()
		value := e.Row.Get("keepalive")
		if never {
			term.Never, slowest = true, 1e18
			term.Setting, term.Evidence = "keepalive off on "+e.String(), e.fact("keepalive")
			term.Typical, term.Worst = 0, 0
			continue
		}
		if !term.Never && seconds(worst) > slowest {
			slowest = seconds(worst)
			term.Typical, term.Worst = seconds(typical), seconds(worst)
			term.Setting, term.Evidence = "keepalive="+value+" on "+e.String(), e.fact("keepalive")
		}
	}
	return term
}

// bondOutages computes how long bonds, and two tunnels under spanning tree,
// take to move to the other tunnel.
func (b *builder) bondOutages(noticed map[*Tunnel]Term) {
	for _, r := range b.n.Routers {
		for _, bond := range r.active(MenuBonding) {
			if slave, ok := slowestSlave(r, bond, noticed); ok {
				b.outage("bond", r.Name+"/"+bond.Get("name"), []string{r.Name}, bondTerms(r, bond, slave)...)
			}
		}
	}
	for _, br := range b.n.Bridges {
		if !br.Loop || br.mode() == "none" {
			continue
		}
		b.outage("rstp", br.String(), []string{br.Router.Name}, b.treeTerm(br, noticed))
	}
}

// slowestSlave is the tunnel of a bond that takes longest to notice.
func slowestSlave(r *Router, bond *Row, noticed map[*Tunnel]Term) (slowest Term, found bool) {
	for _, e := range r.ends {
		if term, ok := noticed[e.Tunnel]; ok && e.Bond == bond && (!found || slower(term, slowest)) {
			slowest, found = term, true
		}
	}
	return slowest, found
}

// bondTerms are the terms of a bond whose slowest slave notices as given.
func bondTerms(r *Router, bond *Row, slave Term) []Term {
	monitor := bond.Get("link-monitoring")
	term := Term{Name: say("bond moves to the other tunnel", "bond pindah ke terowongan lain"), Evidence: r.fact(MenuBonding, bond, "link-monitoring")}
	switch monitor {
	case "none":
		term.Never, term.Setting = true, "link-monitoring=none on "+r.Name+"/"+bond.Get("name")
		return []Term{slave, term}
	case "arp":
		// Frames of any kind keep a slave up, so the tunnel's own state does not count.
		d, _ := duration(bond.Get("arp-interval"))
		term.Typical, term.Worst = seconds(d*3/2), seconds(2*d)
		term.Setting = "arp-interval=" + bond.Get("arp-interval") + " on " + r.Name + "/" + bond.Get("name")
		return []Term{term}
	}
	d, _ := duration(bond.Get("mii-interval"))
	down, _ := duration(bond.Get("down-delay"))
	term.Typical, term.Worst = seconds(d/2+down), seconds(d+down)
	term.Setting = fmt.Sprintf("mii-interval=%s, down-delay=%s on %s/%s", bond.Get("mii-interval"), bond.Get("down-delay"), r.Name, bond.Get("name"))
	return []Term{slave, term}
}

// Times of spanning tree: RSTP hears nothing for three hellos of 2 s (IEEE
// 802.1D-2004, 17.3); STP waits max-age and twice forward-delay.
const (
	rstpLoss = 6 * time.Second
	stpLoss  = 50 * time.Second
)

// treeTerm is when spanning tree opens another path.
func (b *builder) treeTerm(br *Bridge, noticed map[*Tunnel]Term) Term {
	loss := rstpLoss
	if br.mode() == "stp" {
		loss = stpLoss
	}
	term := Term{
		Name: say("spanning tree opens another path", "spanning tree membuka jalur lain"), Setting: "protocol-mode=" + br.mode() + " on " + br.String(),
		Typical: seconds(loss), Worst: seconds(loss), Evidence: br.Router.fact(MenuBridge, rowOr(br.Row), "protocol-mode"),
	}
	if br.mode() == "stp" {
		return term
	}
	// A port whose tunnel stops running is gone at once.
	for _, p := range br.tunnelPorts() {
		for _, e := range p.Ends {
			if t, ok := noticed[e.Tunnel]; ok && !t.Never && t.Typical < term.Typical {
				term.Typical = t.Typical
			}
		}
	}
	return term
}

func rowOr(r *Row) *Row {
	if r == nil {
		return &Row{}
	}
	return r
}

// term is when, of a group of at least two, VRRP's backups take over.
func (g *Group) term() Term {
	m := g.Members[0]
	d := g.masterDown()
	term := Term{
		Name:    say("VRRP: a backup takes over", "VRRP: cadangan mengambil alih"),
		Setting: "interval=" + m.Row.Get("interval") + " on " + m.String(), Evidence: m.Router.fact(MenuVRRP, m.Row, "interval"),
		Typical: seconds(d - m.interval()/2), Worst: seconds(d),
	}
	return term
}

// Parts of a failover that settings do not bound: asking a second vantage,
// fencing and draining, writing the routers, and proving it. Calculated for a
// controller on the same continent.
const (
	corroborateTime = 3 * time.Second
	gateTime        = 3 * time.Second
	routersTime     = time.Second
	verifyTime      = 3 * time.Second
	probeTimeout    = time.Second
)

// service sums a service's failover: the layers that must fail before a probe
// can see it, the detection, and the steps.
func (b *builder) service(s *tunnel.Service, noticed map[*Tunnel]Term) {
	p := s.Policy
	detect := time.Duration(p.Misses)*p.Interval + probeTimeout
	terms := []Term{
		{
			Name:    say("probes agree that the server is gone", "probe sepakat server hilang"),
			Setting: fmt.Sprintf("policy: interval %v, misses %d", p.Interval, p.Misses),
			Typical: seconds(detect - p.Interval/2), Worst: seconds(detect),
		},
		{
			Name: say("a second vantage confirms", "titik pantau kedua memastikan"), Setting: fmt.Sprintf("policy: quorum %d", p.Quorum),
			Typical: seconds(corroborateTime / 2), Worst: seconds(corroborateTime),
		},
		{
			Name: say("gate, fence, drain", "periksa, pagari, kuras"), Setting: "fixed",
			Typical: seconds(gateTime / 2), Worst: seconds(gateTime),
		},
		{Name: say("routers switch", "router beralih"), Setting: "fixed", Typical: seconds(routersTime), Worst: seconds(routersTime)},
		{Name: say("verify", "verifikasi"), Setting: "fixed", Typical: seconds(verifyTime), Worst: seconds(verifyTime)},
	}
	if s.Switch.VRRP != nil {
		d := 3*s.Switch.VRRP.Interval + s.Switch.VRRP.Interval
		terms = append(terms, Term{
			Name: say("VRRP: a backup takes over", "VRRP: cadangan mengambil alih"), Setting: fmt.Sprintf("vrrp interval %v", s.Switch.VRRP.Interval),
			Typical: seconds(d - s.Switch.VRRP.Interval/2), Worst: seconds(d),
		})
	}
	if layer, ok := b.slowestLayer(s, noticed); ok {
		terms = append([]Term{layer}, terms...)
	}
	b.outage("service", "service "+s.Name, switchOn(s), terms...)
}

// slowestLayer is the slowest of the tunnels, bonds and trees of a service's
// segment: until it has moved, probes see the network and not the server.
func (b *builder) slowestLayer(s *tunnel.Service, noticed map[*Tunnel]Term) (Term, bool) {
	inside := func(t *Tunnel) bool {
		return slices.ContainsFunc(t.ends(), func(e *End) bool {
			scope, _, ok := tunnel.ParseMark(e.Row.Get("comment"))
			return ok && scope == s.Segment
		})
	}
	var slowest Term
	found := false
	for t, term := range noticed {
		if !inside(t) {
			continue
		}
		if !found || slower(term, slowest) || !slower(slowest, term) && term.Setting < slowest.Setting {
			slowest, found = term, true
		}
	}
	slowest.Name = say("the segment's slowest tunnel notices the loss", "terowongan paling lambat di segmen menyadari putus")
	return slowest, found
}

// switchOn returns the routers that switch a service.
func switchOn(s *tunnel.Service) []string {
	switch {
	case s.Switch.NAT != nil:
		return s.Switch.NAT.On
	case s.Switch.VRRP != nil:
		return s.Switch.VRRP.On
	}
	return nil
}
