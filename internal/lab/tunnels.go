//go:build linux

package lab

import (
	"fmt"
	"slices"
	"sync"

	"github.com/vishvananda/netlink"

	"jembatan/internal/packet/wire"
)

// A portDev is the kernel's side of a tunnel or a bond: a TAP device or, where
// that is not allowed, a veth pair whose other end is a packet socket.
type portDev struct {
	*wire.Port

	carrier func(bool) error
	remove  func()
}

// SetCarrier shows the device as running or not.
func (p *portDev) SetCarrier(on bool) error { return p.carrier(on) }

// openPort makes the device called kernel.
func (r *router) openPort(kernel string) (*portDev, error) {
	var p *wire.Port
	if r.world.tap {
		err := r.space.do(func() (err error) {
			p, err = wire.OpenTAP(kernel, wire.Options{})
			return err
		})
		if err != nil {
			return nil, err
		}
		return &portDev{Port: p, carrier: p.SetCarrier, remove: func() { _ = p.Close() }}, nil
	}
	nl, far := r.space.nl, kernel+"_"
	if err := nl.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: kernel}, PeerName: far}); err != nil {
		return nil, fmt.Errorf("veth pair %s: %w", kernel, err)
	}
	l, err := nl.LinkByName(far)
	if err != nil {
		return nil, err
	}
	err = r.space.do(func() (err error) {
		p, err = wire.OpenPacket(far, l.Attrs().Index, wire.Options{})
		return err
	})
	if err != nil {
		_ = nl.LinkDel(l)
		return nil, err
	}
	return &portDev{
		Port: p,
		carrier: func(on bool) error {
			if on {
				return nl.LinkSetUp(l)
			}
			return nl.LinkSetDown(l)
		},
		remove: func() { _ = p.Close(); _ = nl.LinkDel(l) },
	}, nil
}

// A tunnelIf is an EoIP interface as it was carried out.
type tunnelIf struct {
	id, name, kernel string
	port             *portDev
	tunnel           *wire.Tunnel // nil while the interface is disabled
	config           wire.Config
	bond             *bondIf // whose slave it is; guarded by router.mu
}

// tunnels makes, changes and removes EoIP interfaces.
func (s *pass) tunnels() {
	want := map[string]bool{}
	for _, x := range s.c.menus["interface/eoip"] {
		want[x[".id"]] = true
		if err := s.tunnel(x); err != nil {
			s.r.lack("tunnel "+x["name"], err.Error())
		}
	}
	for id, t := range s.r.tunnels {
		if !want[id] {
			s.r.dropTunnel(t)
			delete(s.links, t.kernel)
		}
	}
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	s.r.ends = s.r.ends[:0]
	for _, t := range s.r.tunnels {
		s.r.ends = append(s.r.ends, t)
	}
}

// dropTunnel takes an interface away.
func (r *router) dropTunnel(t *tunnelIf) {
	t.port.Route()
	if t.tunnel != nil {
		r.wire.Remove(t.tunnel)
	}
	t.port.remove()
	delete(r.tunnels, t.id)
	r.mu.Lock()
	delete(r.running, t.name)
	r.mu.Unlock()
}

// tunnel brings one interface in line with its row.
func (s *pass) tunnel(x row) error {
	kernel := kernelNameOf(x["name"])
	t := s.r.tunnels[x[".id"]]
	if t != nil && t.name != x["name"] {
		s.r.dropTunnel(t)
		delete(s.links, t.kernel)
		t = nil
	}
	if t == nil {
		port, err := s.r.openPort(kernel)
		if err != nil {
			return err
		}
		t = &tunnelIf{id: x[".id"], name: x["name"], kernel: kernel, port: port}
		s.r.tunnels[t.id] = t
		if _, err := s.added(kernel); err != nil {
			return err
		}
	}
	s.names[t.name] = kernel
	if l := s.links[kernel]; l != nil {
		s.ensure(t.name, l, x.mtu(), x["mac-address"], x.enabled())
	}
	c, reason := tunnelConfig(x)
	if !x.enabled() || reason != "" {
		if reason != "" {
			s.r.lack("tunnel "+t.name, reason)
		}
		s.r.stopTunnel(t)
		return nil
	}
	if err := s.r.startTunnel(t, c); err != nil {
		return err
	}
	mtu := 0
	if x.yes("clamp-tcp-mss") {
		mtu = x.mtu()
	}
	t.tunnel.Clamp(mtu)
	return nil
}

// stopTunnel silences a tunnel whose interface stays.
func (r *router) stopTunnel(t *tunnelIf) {
	if t.tunnel == nil {
		return
	}
	r.mu.Lock()
	old := t.tunnel
	t.tunnel = nil
	r.mu.Unlock()
	t.port.Route()
	r.wire.Remove(old)
	r.tunnelChanged(t, false)
}

// startTunnel starts a tunnel, anew if its configuration has changed.
func (r *router) startTunnel(t *tunnelIf, c wire.Config) error {
	if t.tunnel != nil {
		was := t.config
		was.Changed = nil
		if sameConfig(was, c) {
			return nil
		}
		r.stopTunnel(t)
	}
	t.config = c
	c.Changed = func(up bool) { r.tunnelChanged(t, up) }
	tunnel, err := r.wire.Add(c)
	if err != nil {
		return err
	}
	r.mu.Lock()
	t.tunnel = tunnel
	bond := t.bond
	r.mu.Unlock()
	if bond == nil {
		tunnel.SetPort(t.port.Port)
		t.port.Route(tunnel)
	} else {
		tunnel.Join(bond.port.Port)
		bond.choose()
	}
	return nil
}

func sameConfig(a, b wire.Config) bool {
	return a.Local == b.Local && a.Remote == b.Remote && a.ID == b.ID && a.Keepalive == b.Keepalive &&
		a.InheritDF == b.InheritDF && a.DSCP == b.DSCP
}

// A bondIf is a bond of tunnels as it was carried out: one device, whose frames
// leave by the tunnel in use and come in by any.
type bondIf struct {
	r            *router
	name, kernel string
	port         *portDev

	mu      sync.Mutex // Guards what follows; router.mu may be taken while it is held.
	slaves  []*tunnelIf
	primary string
	mode    string
	active  string
	moves   int
}

// bonds makes, changes and removes bonds.
func (s *pass) bonds() {
	want := map[string]bool{}
	for _, x := range s.c.menus["interface/bonding"] {
		want[x[".id"]] = true
		if err := s.bond(x); err != nil {
			s.r.lack("bond "+x["name"], err.Error())
		}
	}
	for id, b := range s.r.bonds {
		if !want[id] {
			s.r.dropBond(id, b)
			delete(s.links, b.kernel)
		}
	}
}

// dropBond takes a bond away; its slaves carry their own frames again.
func (r *router) dropBond(id string, b *bondIf) {
	b.set(nil, "", "")
	b.port.remove()
	delete(r.bonds, id)
	r.mu.Lock()
	delete(r.running, b.name)
	r.mu.Unlock()
}

func (s *pass) bond(x row) error {
	kernel := kernelNameOf(x["name"])
	b := s.r.bonds[x[".id"]]
	if b != nil && b.name != x["name"] {
		s.r.dropBond(x[".id"], b)
		delete(s.links, b.kernel)
		b = nil
	}
	if b == nil {
		port, err := s.r.openPort(kernel)
		if err != nil {
			return err
		}
		b = &bondIf{r: s.r, name: x["name"], kernel: kernel, port: port}
		s.r.bonds[x[".id"]] = b
		if _, err := s.added(kernel); err != nil {
			return err
		}
	}
	s.names[b.name] = kernel
	if l := s.links[kernel]; l != nil {
		s.ensure(b.name, l, x.mtu(), x["mac-address"], x.enabled())
	}
	var slaves []*tunnelIf
	for _, name := range x.list("slaves") {
		i := slices.IndexFunc(s.r.ends, func(t *tunnelIf) bool { return t.name == name })
		if i < 0 {
			s.r.lack("bond "+b.name+" slave "+name, "only tunnels are carried as slaves")
			continue
		}
		slaves = append(slaves, s.r.ends[i])
	}
	switch x["mode"] {
	case "active-backup", "broadcast":
	default:
		s.r.lack("bond "+b.name+" mode "+x["mode"], "carried as active-backup")
	}
	if x["link-monitoring"] == "arp" {
		s.r.lack("bond "+b.name+" link-monitoring", "arp is carried as mii")
	}
	if !x.enabled() {
		slaves = nil
	}
	b.set(slaves, x["primary"], x["mode"])
	return nil
}

// set gives the bond its slaves.
func (b *bondIf) set(slaves []*tunnelIf, primary, mode string) {
	b.mu.Lock()
	gone := slices.DeleteFunc(slices.Clone(b.slaves), func(t *tunnelIf) bool { return slices.Contains(slaves, t) })
	b.slaves, b.primary, b.mode = slaves, primary, mode
	b.r.mu.Lock()
	for _, t := range slaves {
		t.bond = b
		t.port.Route()
		if t.tunnel != nil {
			t.tunnel.Join(b.port.Port)
		}
	}
	for _, t := range gone {
		t.bond = nil
		if t.tunnel != nil {
			t.tunnel.SetPort(t.port.Port)
			t.port.Route(t.tunnel)
		}
	}
	b.r.mu.Unlock()
	b.mu.Unlock()
	b.choose()
}

// choose picks the tunnel in use: the primary if it runs, else the one in use if
// it runs, else the first that does.
func (b *bondIf) choose() {
	b.mu.Lock()
	defer b.mu.Unlock()
	var up []*wire.Tunnel
	choice := ""
	byName := map[string]*wire.Tunnel{}
	b.r.mu.Lock()
	for _, t := range b.slaves {
		if t.tunnel == nil || !b.r.running[t.name] {
			continue
		}
		up = append(up, t.tunnel)
		byName[t.name] = t.tunnel
		if choice == "" || t.name == b.primary || t.name == b.active && choice != b.primary {
			choice = t.name
		}
	}
	b.r.running[b.name] = len(up) > 0
	b.r.mu.Unlock()
	if choice != b.active {
		b.moves++
		b.active = choice
	}
	switch {
	case len(up) == 0:
		b.port.Route()
	case b.mode == "broadcast":
		b.port.Route(up...)
	default:
		b.port.Route(byName[choice])
	}
	_ = b.port.SetCarrier(len(up) > 0) // A device that is gone shows nothing.
}
