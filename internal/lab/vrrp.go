//go:build linux

package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"jembatan/internal/packet"
)

// A vrrpIf is a VRRP interface as it was carried out: a macvlan with the virtual
// address on the parent, up only while it is master, and a speaker.
type vrrpIf struct {
	id, name, kernel string
	parent           string // kernel name
	config           packet.VRRPConfig
	speaker          *speaker // nil while it cannot take part
}

// vrrps makes, changes and removes VRRP interfaces.
func (s *pass) vrrps() {
	want := map[string]bool{}
	for _, x := range s.c.menus["interface/vrrp"] {
		want[x[".id"]] = true
		if err := s.vrrp(x); err != nil {
			s.r.lack("vrrp "+x["name"], err.Error())
		}
	}
	for id, v := range s.r.vrrps {
		if !want[id] {
			s.r.dropVRRP(v)
			delete(s.links, v.kernel)
		}
	}
}

func (r *router) dropVRRP(v *vrrpIf) {
	v.stop(r)
	if l, err := r.space.nl.LinkByName(v.kernel); err == nil {
		_ = r.space.nl.LinkDel(l) // It may have gone with its parent.
	}
	delete(r.vrrps, v.id)
	r.mu.Lock()
	delete(r.masters, v.name)
	r.mu.Unlock()
}

func (v *vrrpIf) stop(r *router) {
	if v.speaker != nil {
		v.speaker.close()
		v.speaker = nil
	}
	r.setMaster(v.name, "init")
}

// setMaster notes the state of a VRRP interface.
func (r *router) setMaster(name, state string) {
	r.mu.Lock()
	same := r.masters[name] == state
	r.masters[name] = state
	r.mu.Unlock()
	if !same {
		r.world.changed(r)
	}
}

// virtual returns the addresses of a VRRP interface and its parent's first one.
func (s *pass) virtual(x row) (virtual []netip.Addr, primary netip.Addr) {
	for _, a := range s.c.menus["ip/address"] {
		p, err := netip.ParsePrefix(a["address"])
		switch {
		case err != nil || !a.enabled():
		case a["interface"] == x["name"]:
			virtual = append(virtual, p.Addr())
		case (a["interface"] == x["interface"] || a["actual-interface"] == x["interface"]) && !primary.IsValid():
			primary = p.Addr()
		}
	}
	return virtual, primary
}

func (s *pass) vrrp(x row) error {
	parent := s.link(x["interface"])
	v := s.r.vrrps[x[".id"]]
	if v != nil && (v.name != x["name"] || v.config.VRID != byte(x.number("vrid")) || parent == nil || v.parent != parent.Attrs().Name) {
		s.r.dropVRRP(v)
		delete(s.links, v.kernel)
		v = nil
	}
	if parent == nil {
		return errors.New("its interface is not there")
	}
	c := packet.VRRPConfig{
		Version: x.number("version"), VRID: byte(x.number("vrid")), Priority: byte(x.number("priority")),
		Interval: rosDuration(x["interval"]), Preempt: x.yes("preemption-mode"),
	}
	if x["authentication"] == "simple" {
		c.Password = x["password"]
	}
	if v == nil {
		v = &vrrpIf{id: x[".id"], name: x["name"], kernel: kernelNameOf(x["name"]), parent: parent.Attrs().Name, config: c}
		if err := s.addMacvlan(v, parent); err != nil {
			return err
		}
		s.r.vrrps[v.id] = v
	}
	s.names[v.name] = v.kernel
	if s.links[v.kernel] == nil {
		if l, err := s.added(v.kernel); err == nil {
			s.links[v.kernel] = l
		}
	}
	c.Virtual, c.Primary = s.virtual(x)
	switch {
	case x["v3-protocol"] == "ipv6":
		s.r.lack("vrrp "+v.name, "IPv6 is not spoken")
		v.stop(s.r)
		return nil
	case x["authentication"] == "ah":
		s.r.lack("vrrp "+v.name, "authentication=ah is not spoken")
		v.stop(s.r)
		return nil
	}
	for _, script := range []string{"on-master", "on-backup", "on-fail"} {
		if x[script] != "" {
			s.r.lack("vrrp "+v.name+" "+script, "the script is not run")
		}
	}
	if g := x["group-authority"]; g != "" && g != "none" && g != "self" && g != v.name {
		s.r.lack("vrrp "+v.name+" group-authority", "members speak for themselves")
	}
	running := parent.Attrs().Flags&unix.IFF_UP != 0 && s.parentRuns(x["interface"])
	if !x.enabled() || !running || !c.Primary.IsValid() || len(c.Virtual) == 0 {
		v.stop(s.r)
		return nil
	}
	return s.r.speak(v, c, parent)
}

// parentRuns reports whether the parent has a carrier; bridges always do.
func (s *pass) parentRuns(name string) bool {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	up, known := s.r.links[name]
	return !known || up
}

// addMacvlan makes the virtual interface, down.
func (s *pass) addMacvlan(v *vrrpIf, parent netlink.Link) error {
	mac := packet.VirtualMAC(v.config.VRID)
	err := s.r.space.nl.LinkAdd(&netlink.Macvlan{
		LinkAttrs: netlink.LinkAttrs{Name: v.kernel, ParentIndex: parent.Attrs().Index, HardwareAddr: mac[:]},
		Mode:      netlink.MACVLAN_MODE_PRIVATE,
	})
	if err != nil {
		return fmt.Errorf("macvlan: %w", err)
	}
	_, err = s.added(v.kernel)
	return err
}

// speak starts the speaker, or changes the one that runs.
func (r *router) speak(v *vrrpIf, c packet.VRRPConfig, parent netlink.Link) error {
	if v.speaker != nil {
		same := v.config
		same.Priority, same.Preempt = c.Priority, c.Preempt
		if fmt.Sprint(same) == fmt.Sprint(c) {
			v.config = c
			v.speaker.rank(c)
			return nil
		}
		v.speaker.close()
		v.speaker = nil
	}
	v.config = c
	sp := &speaker{r: r, v: v, index: parent.Attrs().Index, quit: make(chan struct{}), ranks: make(chan packet.VRRPConfig, 1)}
	sp.machine.Config = c
	if err := r.space.do(sp.open); err != nil {
		return err
	}
	v.speaker = sp
	sp.wait.Go(sp.listen)
	sp.wait.Go(sp.run)
	return nil
}

// A speaker sends and hears adverts for one VRRP interface.
type speaker struct {
	r       *router
	v       *vrrpIf
	index   int // of the parent
	file    *os.File
	fd      int
	machine packet.VRRP
	heard   chan heardAdvert
	ranks   chan packet.VRRPConfig // of which only priority and preemption count
	quit    chan struct{}
	wait    sync.WaitGroup
}

type heardAdvert struct {
	a   packet.Advert
	src netip.Addr
}

// open opens a packet socket on the parent that hears VRRP only. It listens to all
// protocols (ETH_P_ALL), because those sockets come first: what another master
// sends has the virtual MAC as its source, and our own macvlan of that MAC, up
// while we are master, would take it away.
func (s *speaker) open() error {
	s.heard = make(chan heardAdvert, 16)
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return fmt.Errorf("packet socket: %w", err)
	}
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_H | unix.BPF_ABS, K: 12},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 3, K: unix.ETH_P_IP},
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: 23},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: packet.ProtocolVRRP},
		{Code: unix.BPF_RET | unix.BPF_K, K: 65535},
		{Code: unix.BPF_RET | unix.BPF_K},
	}
	err = errors.Join(
		unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}),
		unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1),
		unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &unix.PacketMreq{Ifindex: int32(s.index), Type: unix.PACKET_MR_ALLMULTI}),
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: 0x0300, Ifindex: s.index}))
	if err != nil {
		_ = unix.Close(fd)
		return fmt.Errorf("packet socket for VRRP: %w", err)
	}
	s.fd, s.file = fd, os.NewFile(uintptr(fd), "vrrp")
	return nil
}

// close leaves the group: a master says so. It returns when nothing runs.
func (s *speaker) close() {
	close(s.quit)
	s.wait.Wait()
}

// rank changes priority and preemption while it runs. A restart would forget who
// has just said that he leaves.
func (s *speaker) rank(c packet.VRRPConfig) {
	select {
	case <-s.ranks:
	default:
	}
	s.ranks <- c
}

// listen hands adverts to run.
func (s *speaker) listen() {
	buf := make([]byte, 2048)
	for {
		n, err := s.file.Read(buf)
		if err != nil {
			return
		}
		if n < 34 || buf[22] != packet.VRRPTTL {
			continue
		}
		src, _, payload, err := packet.ParseIPv4(buf[14:n])
		if err != nil {
			continue
		}
		from := netip.AddrFrom4(src)
		if a, err := packet.ParseVRRP(payload, from); err == nil {
			select {
			case s.heard <- heardAdvert{a, from}:
			case <-s.quit:
				return
			}
		}
	}
}

// run is the machine's owner.
func (s *speaker) run() {
	defer func() {
		s.do(s.machine.Stop())
		_ = s.file.Close()
	}()
	s.do(s.machine.Start(time.Now()))
	t := time.NewTimer(0)
	defer t.Stop()
	for {
		t.Reset(max(0, time.Until(s.machine.Deadline())))
		select {
		case <-s.quit:
			return
		case c := <-s.ranks:
			s.machine.SetRank(c.Priority, c.Preempt)
		case h := <-s.heard:
			s.do(s.machine.Heard(time.Now(), h.a, h.src))
		case <-t.C:
			s.do(s.machine.Tick(time.Now()))
		}
	}
}

// do carries out what the machine says.
func (s *speaker) do(d packet.VRRPDo) {
	if d.Changed {
		s.become()
	}
	if d.Send != nil {
		s.send(s.frame(*d.Send))
	}
	if d.Changed && s.machine.State() == packet.VRRPMaster {
		for _, a := range s.machine.Config.Virtual {
			s.send(packet.GratuitousARP(packet.VirtualMAC(s.machine.Config.VRID), a))
		}
	}
}

// become shows the state: the virtual interface is up while it is master.
func (s *speaker) become() {
	nl := s.r.space.nl
	if l, err := nl.LinkByName(s.v.kernel); err == nil {
		if s.machine.State() == packet.VRRPMaster {
			_ = nl.LinkSetUp(l) // Its parent may have gone; then there is nothing to show.
		} else {
			_ = nl.LinkSetDown(l)
		}
	}
	s.r.setMaster(s.v.name, s.machine.State().String())
}

// frame is an advert as it leaves: from the virtual MAC address.
func (s *speaker) frame(a packet.Advert) []byte {
	c := &s.machine.Config
	payload := packet.AppendVRRP(nil, a, c.Primary)
	mac := packet.VirtualMAC(c.VRID)
	b := append([]byte{1, 0, 0x5e, 0, 0, 18}, mac[:]...)
	b = append(b, 8, 0)
	h := []byte{0x45, 0xc0, 0, 0, 0, 0, 0x40, 0, packet.VRRPTTL, packet.ProtocolVRRP, 0, 0}
	h = append(h, c.Primary.AsSlice()...)
	h = append(h, packet.VRRPGroup().AsSlice()...)
	n := len(h) + len(payload)
	h[2], h[3] = byte(n>>8), byte(n)
	sum := packet.Checksum(h)
	h[10], h[11] = byte(sum>>8), byte(sum)
	return append(append(b, h...), payload...)
}

func (s *speaker) send(frame []byte) {
	_, _ = s.file.Write(frame) // A parent that is down sends nothing.
}
