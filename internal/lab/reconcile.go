//go:build linux

package lab

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
)

// reconcile carries the device's configuration out until stop is closed: once at
// the start and after each poke.
func (r *router) reconcile(stop <-chan struct{}) {
	defer func() {
		if r.nftReady != nil {
			_ = r.nft("") // It ends without having done anything.
		}
	}()
	for {
		begun := time.Now()
		r.once()
		r.mu.Lock()
		r.took = append(r.took[max(0, len(r.took)-99):], time.Since(begun).Microseconds())
		r.mu.Unlock()
		select {
		case <-stop:
			return
		case <-r.wake:
		}
	}
}

// once brings the kernel in line with the configuration as it is now.
func (r *router) once() {
	change := r.changes()
	c := r.readConfig()
	if c.off && !r.off {
		r.tracked.forget()
	}
	r.off = c.off
	r.forgetLacks()
	// Rules first: they are what a service is moved by, and most changes change
	// nothing else. Interfaces that are not there yet come with the second look.
	if names := r.kernelNames(); len(names) > 0 {
		(&pass{r: r, c: &c, names: names}).firewall()
		r.inForce(change)
	}
	s := &pass{r: r, c: &c, names: map[string]string{}}
	if err := s.look(); err != nil {
		r.lack("interfaces", err.Error())
		return
	}
	s.ethernets()
	s.tunnels()
	s.bonds()
	s.bridges()
	if !c.off && s.gateways() {
		r.poke() // The addresses come with the next pass.
	}
	r.setKernel(s.names)
	s.ports()
	s.vrrps()
	r.setKernel(s.names)
	s.addresses()
	s.routes()
	s.firewall()
	r.inForce(change)
	s.tree()
	r.world.spanningTree()
	if r.rules != "" { // There will be others.
		_ = r.readyNft() // Whoever needs one tells why there is none.
	}
}

// A pass is one reconciliation.
type pass struct {
	r     *router
	c     *config
	links map[string]netlink.Link // by kernel name
	names map[string]string       // RouterOS name -> kernel name
}

// look reads the links.
func (s *pass) look() error {
	links, err := s.r.space.nl.LinkList()
	if err != nil {
		return fmt.Errorf("list links: %w", err)
	}
	s.links = make(map[string]netlink.Link, len(links))
	for _, l := range links {
		s.links[l.Attrs().Name] = l
	}
	return nil
}

// link returns the kernel's link of a RouterOS interface, or nil.
func (s *pass) link(name string) netlink.Link { return s.links[s.names[name]] }

// kernelNameOf is what the kernel calls an interface: its own name where that
// fits, else the beginning and a hash. The full name is its alternative name.
func kernelNameOf(name string) string {
	if len(name) <= maxKernelName && !strings.ContainsAny(name, "/ :%") && name != "." && name != ".." {
		return name
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	head := strings.Map(func(c rune) rune {
		if c > ' ' && c < 127 && !strings.ContainsRune("/:%", c) {
			return c
		}
		return '_'
	}, name)
	return fmt.Sprintf("%s~%04x", head[:min(len(head), maxKernelName-5)], h.Sum32()&0xffff)
}

// maxKernelName is IFNAMSIZ without the zero; one more is kept for the other
// end of a tunnel port that is a veth pair.
const maxKernelName = 14

// ensure sets MTU, MAC address and state of a link where they differ.
func (s *pass) ensure(name string, l netlink.Link, mtu int, mac string, up bool) {
	a, nl := l.Attrs(), s.r.space.nl
	fail := func(err error) {
		if err != nil {
			s.r.lack("interface "+name, err.Error())
		}
	}
	if hw, err := net.ParseMAC(mac); err == nil && !bytes.Equal(hw, a.HardwareAddr) {
		fail(nl.LinkSetHardwareAddr(l, hw))
	}
	if mtu > 0 && mtu != a.MTU {
		fail(nl.LinkSetMTU(l, mtu))
	}
	switch isUp := a.Flags&net.FlagUp != 0; {
	case up && !isUp:
		fail(nl.LinkSetUp(l))
	case !up && isUp:
		fail(nl.LinkSetDown(l))
	}
	if a.Name != name && !slices.Contains(a.AltNames, name) && len(name) < 128 && !strings.ContainsAny(name, "/ ") {
		fail(nl.LinkAddAltName(l, name))
	}
}

// added finds a link that was just made.
func (s *pass) added(kernel string) (netlink.Link, error) {
	l, err := s.r.space.nl.LinkByName(kernel)
	if err != nil {
		return nil, err
	}
	s.links[kernel] = l
	return l, nil
}

// ethernets sets the ports that have a cable.
func (s *pass) ethernets() {
	if s.c.off {
		for _, name := range s.r.plan.Device.Ethernets {
			if l := s.links[name]; l != nil {
				_ = s.r.space.nl.LinkSetDown(l) // The power is off; nobody is left to tell.
			}
		}
		return
	}
	for i, x := range s.c.menus["interface/ethernet"] {
		// A port keeps the name of its cable; RouterOS may call it otherwise.
		kernel := x["default-name"]
		if i < len(s.r.plan.Device.Ethernets) {
			kernel = s.r.plan.Device.Ethernets[i]
		}
		l := s.links[kernel]
		if l == nil {
			continue
		}
		s.names[x["name"]] = kernel
		s.ensure(x["name"], l, x.mtu(), x["mac-address"], x.enabled())
	}
}

// bridgeIf is a bridge as it was carried out.
type bridgeIf struct{ kernel string }

// bridges makes and removes bridges.
func (s *pass) bridges() {
	want := map[string]bool{}
	for _, x := range s.c.menus["interface/bridge"] {
		id, kernel := x[".id"], kernelNameOf(x["name"])
		want[id] = true
		b := s.r.bridges[id]
		if b != nil && b.kernel != kernel {
			if l := s.links[b.kernel]; l != nil {
				_ = s.r.space.nl.LinkDel(l) // Made anew under its new name.
				delete(s.links, b.kernel)
			}
			b = nil
		}
		if b == nil {
			if err := s.addBridge(kernel, x); err != nil {
				s.r.lack("bridge "+x["name"], err.Error())
				continue
			}
			s.r.bridges[id] = &bridgeIf{kernel: kernel}
		}
		s.names[x["name"]] = kernel
		l := s.links[kernel]
		if l == nil {
			continue
		}
		s.ageing(l, x)
		s.ensure(x["name"], l, x.mtu(), x["mac-address"], x.enabled())
		if x.yes("vlan-filtering") {
			s.r.lack("bridge "+x["name"]+" vlan-filtering", "the lab has no VLANs; frames pass as they are")
		}
	}
	for id, b := range s.r.bridges {
		if !want[id] {
			if l := s.links[b.kernel]; l != nil {
				_ = s.r.space.nl.LinkDel(l)
				delete(s.links, b.kernel)
			}
			delete(s.r.bridges, id)
		}
	}
}

func (s *pass) addBridge(kernel string, x row) error {
	hw, err := net.ParseMAC(x["mac-address"])
	if err != nil {
		return fmt.Errorf("mac-address: %w", err)
	}
	err = s.r.space.nl.LinkAdd(&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: kernel, HardwareAddr: hw}})
	if err != nil {
		return err
	}
	_, err = s.added(kernel)
	return err
}

// ageing sets how long a bridge remembers an address.
func (s *pass) ageing(l netlink.Link, x row) {
	b, ok := l.(*netlink.Bridge)
	want := uint32(rosDuration(x["ageing-time"]) / (10 * time.Millisecond)) // USER_HZ
	if !ok || want == 0 || b.AgeingTime != nil && *b.AgeingTime == want {
		return
	}
	if err := s.r.space.nl.LinkModify(&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: b.Name, Index: b.Index}, AgeingTime: &want}); err != nil {
		s.r.lack("bridge "+x["name"]+" ageing-time", err.Error())
	}
}

// ports puts interfaces into bridges and takes others out, and keeps equal
// horizons apart.
func (s *pass) ports() {
	horizons := map[string]map[string]bool{}
	for _, p := range s.c.menus["interface/bridge/port"] {
		if h := p["horizon"]; p.enabled() && h != "" && h != "none" {
			if horizons[p["bridge"]] == nil {
				horizons[p["bridge"]] = map[string]bool{}
			}
			horizons[p["bridge"]][h] = true
		}
	}
	for name, kernel := range s.names {
		l := s.links[kernel]
		if l == nil || l.Type() == "bridge" {
			continue
		}
		port := s.c.bridgeOf(name)
		if port == nil {
			if l.Attrs().MasterIndex != 0 {
				_ = s.r.space.nl.LinkSetNoMaster(l) // It may have gone with its bridge.
			}
			continue
		}
		s.port(l, port, len(horizons[port["bridge"]]))
	}
}

func (s *pass) port(l netlink.Link, port row, horizons int) {
	what := "port " + port["interface"]
	bridge := s.link(port["bridge"])
	if bridge == nil {
		s.r.lack(what, "no bridge "+port["bridge"])
		return
	}
	if l.Attrs().MasterIndex != bridge.Attrs().Index {
		if err := s.r.space.nl.LinkSetMaster(l, bridge); err != nil {
			s.r.lack(what, err.Error())
			return
		}
	}
	h := port["horizon"]
	isolated := h != "" && h != "none" && horizons == 1
	if err := s.r.space.nl.LinkSetIsolated(l, isolated); err != nil {
		s.r.lack(what+" horizon", err.Error())
	}
	for _, name := range []string{"broadcast-flood", "unknown-unicast-flood", "unknown-multicast-flood"} {
		if port[name] == "false" || port[name] == "no" {
			s.r.lack(what+" "+name, "frames are flooded all the same")
		}
	}
}
