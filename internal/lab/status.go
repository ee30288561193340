//go:build linux

package lab

import (
	"runtime"
	"slices"
	"strings"
	"time"

	"jembatan/internal/packet/wire"
)

// A Status is what a lab has and how it does.
type Status struct {
	Up       time.Duration  `json:"up_ns"`
	TAP      bool           `json:"tap"` // false: tunnels use packet sockets
	Routers  []RouterStatus `json:"routers"`
	Hosts    []HostStatus   `json:"hosts"`
	Links    []LinkStatus   `json:"links"`
	Faults   []Fault        `json:"faults"`
	Notes    []string       `json:"notes"`
	MemoryMB int            `json:"memory_mb"`
}

// A RouterStatus is one router. Lacks lists what is configured and not carried
// out, and why.
type RouterStatus struct {
	Name    string         `json:"name"`
	Version string         `json:"version"`
	Realise time.Duration  `json:"realise_ns"` // the slowest of the last reconciliations
	Tunnels []TunnelStatus `json:"tunnels"`
	Bonds   []BondStatus   `json:"bonds"`
	VRRP    []VRRPStatus   `json:"vrrp"`
	Lacks   []string       `json:"lacks"`
}

// A TunnelStatus is one EoIP interface.
type TunnelStatus struct {
	Name     string        `json:"name"`
	Kernel   string        `json:"kernel"`
	Running  bool          `json:"running"`
	Blocked  bool          `json:"blocked"` // by spanning tree
	Counters wire.Counters `json:"counters"`
}

// A BondStatus is one bond.
type BondStatus struct {
	Name   string `json:"name"`
	Active string `json:"active"`
	Moves  int    `json:"moves"`
}

// A VRRPStatus is one VRRP interface.
type VRRPStatus struct {
	Name  string `json:"name"`
	State string `json:"state"`
}

// A HostStatus is one host.
type HostStatus struct {
	Name     string   `json:"name"`
	Kind     string   `json:"kind"`
	Address  string   `json:"address"`
	At       string   `json:"at"`
	Programs []string `json:"programs"`
	State    string   `json:"state"` // up, off, frozen
}

// A LinkStatus is one WAN link.
type LinkStatus struct {
	Name string  `json:"name"`
	Out  Quality `json:"out"`
	In   Quality `json:"in"`
}

// status gathers what there is.
func (w *world) status() *Status {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s := &Status{
		Up: time.Since(w.begun), TAP: w.tap, Faults: w.faults.list(), Notes: slices.Clone(w.plan.Notes), MemoryMB: int(m.Sys >> 20),
		Routers: []RouterStatus{}, Hosts: []HostStatus{}, Links: []LinkStatus{},
	}
	if !w.tap {
		s.Notes = append(s.Notes, "no TAP devices (/dev/net/tun): tunnels use packet sockets, which are slower")
	}
	for _, r := range w.routers {
		s.Routers = append(s.Routers, r.status())
	}
	for _, h := range w.hosts {
		s.Hosts = append(s.Hosts, h.status())
	}
	for name, c := range w.cables {
		q := c.get()
		s.Links = append(s.Links, LinkStatus{name, q[Out], q[In]})
	}
	slices.SortFunc(s.Links, func(a, b LinkStatus) int { return strings.Compare(a.Name, b.Name) })
	return s
}

func (r *router) status() RouterStatus {
	s := RouterStatus{
		Name: r.name(), Version: r.dev.Version().String(), Lacks: r.lacking(),
		Tunnels: []TunnelStatus{}, Bonds: []BondStatus{}, VRRP: []VRRPStatus{},
	}
	bonds := map[*bondIf]bool{}
	r.mu.Lock()
	for _, us := range r.took {
		s.Realise = max(s.Realise, time.Duration(us)*time.Microsecond)
	}
	for _, t := range r.ends {
		x := TunnelStatus{Name: t.name, Kernel: t.kernel}
		if t.tunnel != nil {
			x.Running, x.Blocked, x.Counters = t.tunnel.Running(), t.tunnel.Blocked(), t.tunnel.Counters()
		}
		if t.bond != nil {
			bonds[t.bond] = true
		}
		s.Tunnels = append(s.Tunnels, x)
	}
	for name, state := range r.masters {
		s.VRRP = append(s.VRRP, VRRPStatus{name, state})
	}
	r.mu.Unlock()
	for b := range bonds {
		b.mu.Lock()
		s.Bonds = append(s.Bonds, BondStatus{b.name, b.active, b.moves})
		b.mu.Unlock()
	}
	slices.SortFunc(s.Tunnels, func(a, b TunnelStatus) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(s.Bonds, func(a, b BondStatus) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(s.VRRP, func(a, b VRRPStatus) int { return strings.Compare(a.Name, b.Name) })
	return s
}

func (h *host) status() HostStatus {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := HostStatus{
		Name: h.name(), Kind: string(h.plan.Kind), Address: h.plan.Address.String(), At: "internet",
		Programs: h.running(), State: "up",
	}
	if h.plan.Router != "" {
		s.At = h.plan.Router + " " + h.plan.Port
	}
	switch {
	case h.off:
		s.State = "off"
	case h.frozen:
		s.State = "frozen"
	}
	return s
}
