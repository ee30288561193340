// Package status says how the tunnels and bridges of a topology are now.
//
// It is pure: it compares what the routers printed with what the topology
// expands to. Unknown is a state of its own and never counts as well.
package status

import (
	"fmt"
	"strconv"
	"strings"

	"jembatan/tunnel"
	"jembatan/tunnel/plan"
)

// A Health is how a thing is.
type Health uint8

// Healths, from not known to worst.
const (
	Unknown  Health = iota // its router could not be read
	Up                     // as it should be
	Degraded               // works, with a part missing
	Down                   // does not work
	Missing                // is not on the router
)

// String returns the word that reports use.
func (h Health) String() string {
	switch h {
	case Up:
		return "up"
	case Degraded:
		return "degraded"
	case Down:
		return "down"
	case Missing:
		return "missing"
	case Unknown:
	}
	return "unknown"
}

// MarshalText implements encoding.TextMarshaler.
func (h Health) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// A Report is the state of a topology.
type Report struct {
	Routers []Router `json:"routers"`
	Links   []Link   `json:"links"`
	Bridges []Bridge `json:"bridges"`
}

// A Router is one router as it was read.
type Router struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	Unread  string `json:"unread,omitempty"` // why it could not be read
}

// A Link is one pair of members with its tunnels.
type Link struct {
	Segment string   `json:"segment"`
	Name    string   `json:"name"` // "jkt-sby"
	Kind    string   `json:"kind"` // tunnel, bond or rstp
	Health  Health   `json:"health"`
	Why     string   `json:"why,omitempty"`
	Tunnels []Tunnel `json:"tunnels"`
}

// A Tunnel is one EoIP tunnel with both ends.
type Tunnel struct {
	Name   string `json:"name"`
	ID     uint16 `json:"id"`
	Health Health `json:"health"`
	Ends   [2]End `json:"ends"`
}

// An End is one side of a tunnel.
type End struct {
	Router    string `json:"router"`
	Interface string `json:"interface"`
	Health    Health `json:"health"`
	Why       string `json:"why,omitempty"`
	MTU       int    `json:"mtu,omitempty"` // actual, in bytes
	// Changed is when the link last came up or went down, as the router prints it.
	Changed string `json:"changed,omitempty"`
	RxBytes uint64 `json:"rx_bytes"`
	TxBytes uint64 `json:"tx_bytes"`
}

// A Bridge is a member's bridge with its ports.
type Bridge struct {
	Segment string `json:"segment"`
	Router  string `json:"router"`
	Name    string `json:"name"`
	Health  Health `json:"health"`
	Why     string `json:"why,omitempty"`
	MTU     int    `json:"mtu,omitempty"`
	Ports   []Port `json:"ports"`
}

// A Port is one port of a bridge.
type Port struct {
	Interface string `json:"interface"`
	Health    Health `json:"health"`
	Why       string `json:"why,omitempty"`
}

// AllWell reports whether everything is up.
func (r *Report) AllWell() bool {
	for _, router := range r.Routers {
		if router.Unread != "" {
			return false
		}
	}
	for _, l := range r.Links {
		if l.Health != Up {
			return false
		}
	}
	for _, b := range r.Bridges {
		if b.Health != Up {
			return false
		}
	}
	return true
}

// Of returns the state of a topology from what its routers printed. The error
// is for a topology that cannot be expanded.
func Of(t *tunnel.Topology, observed []*plan.Observed) (*Report, error) {
	links, err := tunnel.Expand(t, plan.Known(observed))
	if err != nil {
		return nil, err
	}
	v := view{rows: map[string]map[string]map[string]plan.Row{}, unread: map[string]string{}}
	report := &Report{}
	for _, o := range observed {
		v.add(o)
		report.Routers = append(report.Routers, Router{Name: o.Router, Version: version(o.Version), Unread: o.Unread})
	}
	for i := range links {
		report.Links = append(report.Links, v.link(&links[i]))
	}
	for i := range t.Segments {
		for _, m := range t.Segments[i].Members {
			report.Bridges = append(report.Bridges, v.bridge(&t.Segments[i], m))
		}
	}
	return report, nil
}

// version shortens "7.16.1 (stable)".
func version(s string) string {
	number, _, _ := strings.Cut(s, " ")
	return number
}

// A view is what the routers printed: rows by router, menu and mark (by name
// for interfaces).
type view struct {
	rows   map[string]map[string]map[string]plan.Row
	unread map[string]string
}

func (v *view) add(o *plan.Observed) {
	v.unread[o.Router] = o.Unread
	menus := map[string]map[string]plan.Row{}
	for path, rows := range o.Menus {
		byKey := map[string]plan.Row{}
		for _, row := range rows {
			key := row["name"]
			if path != plan.MenuInterface {
				scope, name, ok := row.Mark()
				if !ok {
					continue
				}
				key = tunnel.Mark(scope, name)
			}
			byKey[key] = row
		}
		menus[path] = byKey
	}
	v.rows[o.Router] = menus
}

// find returns the row of an object, or its health when there is none.
func (v *view) find(router, menu, mark string) (plan.Row, Health, string) {
	if why := v.unread[router]; why != "" {
		return nil, Unknown, why
	}
	row, ok := v.rows[router][menu][mark]
	if !ok {
		return nil, Missing, "not on the router"
	}
	if isTrue(row["disabled"]) {
		return row, Down, "disabled"
	}
	return row, Up, ""
}

func isTrue(v string) bool { return v == "true" || v == "yes" }

func (v *view) link(l *tunnel.Link) Link {
	out := Link{Segment: l.Segment, Name: l.Routers[0] + "-" + l.Routers[1], Kind: "tunnel"}
	worst, best := Unknown, Missing
	for i := range l.Tunnels {
		t := v.tunnel(&l.Tunnels[i])
		out.Tunnels = append(out.Tunnels, t)
		worst, best = max(worst, t.Health), min(best, t.Health)
	}
	out.Health = worst
	switch {
	case best == Unknown && worst == Up:
		out.Health = Unknown
	case best == Up && worst != Up:
		out.Health, out.Why = Degraded, "one of its tunnels is "+worst.String()
	}
	switch {
	case l.Redundancy == tunnel.Bond && len(l.Tunnels) > 1:
		out.Kind = "bond"
		v.bonds(l, &out)
	case len(l.Tunnels) > 1:
		out.Kind = "rstp"
	}
	v.carried(l, &out)
	return out
}

// bonds lowers the health of a link whose bond does not run on some router.
func (v *view) bonds(l *tunnel.Link, out *Link) {
	for side, router := range l.Routers {
		row, h, why := v.find(router, plan.MenuBonding, l.Mark())
		if h == Up && !isTrue(row["running"]) {
			h, why = Down, "not running"
		}
		if h != Up {
			out.Health = max(h, out.Health)
			out.Why = fmt.Sprintf("%s on %s: %s", l.Bonds[side], router, why)
		}
	}
}

func (v *view) tunnel(t *tunnel.Tunnel) Tunnel {
	out := Tunnel{Name: t.Name, ID: t.ID}
	for i := range t.Ends {
		out.Ends[i] = v.end(t, &t.Ends[i])
	}
	a, b := out.Ends[0].Health, out.Ends[1].Health
	out.Health = max(a, b)
	if out.Health == Up && min(a, b) == Unknown {
		out.Health = Unknown
	}
	return out
}

func (v *view) end(t *tunnel.Tunnel, e *tunnel.End) End {
	row, health, why := v.find(e.Router, plan.MenuEoIP, t.Mark())
	out := End{Router: e.Router, Interface: e.Interface, Health: health, Why: why}
	if row == nil {
		return out
	}
	out.Interface = row["name"]
	out.MTU = number(row["actual-mtu"])
	if health == Up && !isTrue(row["running"]) {
		out.Health, out.Why = Down, "nothing heard from the other end"
	}
	if iface, ok := v.rows[e.Router][plan.MenuInterface][row["name"]]; ok {
		out.RxBytes, out.TxBytes = counter(iface["rx-byte"]), counter(iface["tx-byte"])
		out.Changed = iface["last-link-down-time"]
		if out.Health == Up {
			out.Changed = iface["last-link-up-time"]
		}
	}
	return out
}

func (v *view) bridge(seg *tunnel.Segment, m tunnel.Member) Bridge {
	row, health, why := v.find(m.Router, plan.MenuBridge, tunnel.Mark(seg.Name, "bridge"))
	out := Bridge{Segment: seg.Name, Router: m.Router, Name: seg.BridgeOn(m.Router), Health: health, Why: why, Ports: []Port{}}
	if row == nil {
		return out
	}
	out.MTU = number(row["actual-mtu"])
	for _, iface := range m.Ports {
		port, h, why := v.find(m.Router, plan.MenuBridgePort, plan.PortMark(seg.Name, iface))
		if h == Up && isTrue(port["inactive"]) {
			h, why = Down, "inactive: the interface is down"
		}
		out.Ports = append(out.Ports, Port{Interface: iface, Health: h, Why: why})
		if h != Up && out.Health == Up {
			out.Health, out.Why = Degraded, iface+": "+why
		}
	}
	return out
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

func counter(s string) uint64 {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
