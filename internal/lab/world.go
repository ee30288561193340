//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/vishvananda/netlink"

	"jembatan/routeros/emulator"
)

// A world is the inside of a lab: everything that lives in its namespaces.
type world struct {
	plan     *blueprint
	dir      string // scratch, on a file system of its own
	tap      bool
	secrets  map[string]string
	begun    time.Time
	emu      *emulator.World
	server   *emulator.Server
	wan      *space
	switches *space
	routers  []*router
	byName   map[string]*router
	hosts    []*host
	cables   map[string]*cable  // "router.uplink"
	switched map[lanPort]string // switches on ports with several hosts
	children children
	faults   faults
	treeWake chan struct{}
	stopping chan struct{}
	wait     sync.WaitGroup
}

// A lanPort is a port of a router to which hosts are plugged in.
type lanPort struct{ router, name string }

// build makes everything of a blueprint and starts it.
func build(ctx context.Context, plan *blueprint, dir string, o *Options) (*world, error) {
	w := &world{
		plan: plan, dir: dir, secrets: o.Secrets, begun: time.Now(), byName: map[string]*router{}, cables: map[string]*cable{},
		switched: map[lanPort]string{}, treeWake: make(chan struct{}, 1), stopping: make(chan struct{}), tap: tapAllowed(),
	}
	w.emu = emulator.NewWorldOn(w)
	w.wait.Go(func() { w.tree() })
	w.wait.Go(func() { w.children.reap(w.stopping) })
	steps := []func() error{w.spaces, w.addRouters, w.addHosts, w.settle, func() error { return w.startServers(ctx, o) }}
	for _, step := range steps {
		if err := step(); err != nil {
			w.close()
			return nil, err
		}
	}
	return w, nil
}

// tapAllowed reports whether TAP devices can be opened.
func tapAllowed() bool {
	f, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
	if err != nil {
		return false
	}
	_ = f.Close()
	return true
}

// spaces makes the internet, the switches and the routers' namespaces.
func (w *world) spaces() error {
	var err error
	if w.wan, err = newSpace("internet"); err != nil {
		return err
	}
	if w.switches, err = newSpace("switches"); err != nil {
		return err
	}
	err = w.wan.do(func() error {
		return sysctl("ipv4/ip_forward", "1", "ipv4/conf/all/proxy_arp", "1",
			"ipv4/conf/all/rp_filter", "0", "ipv4/conf/default/rp_filter", "0", "ipv4/icmp_ratelimit", "0")
	})
	if err != nil {
		return fmt.Errorf("internet: %w", err)
	}
	w.routers = make([]*router, len(w.plan.Routers))
	return each(len(w.routers), func(i int) error {
		var err error
		w.routers[i], err = newRouter(w, &w.plan.Routers[i])
		return err
	})
}

// builders is how many things are made at once. The kernel serialises most of it.
const builders = 4

// each calls f for 0 to n-1, several at once, and returns every error.
func each(n int, f func(i int) error) error {
	errs := make([]error, n)
	var wait sync.WaitGroup
	next := make(chan int)
	for range min(builders, n) {
		wait.Go(func() {
			for i := range next {
				errs[i] = f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wait.Wait()
	return errors.Join(errs...)
}

// addRouters plugs the routers into the internet and switches their devices on.
func (w *world) addRouters() error {
	for _, r := range w.routers {
		w.byName[r.name()] = r
		for _, u := range r.plan.Uplinks {
			if err := w.uplink(r, u); err != nil {
				return err
			}
		}
	}
	for _, r := range w.routers {
		d, err := w.emu.Add(r.plan.Device)
		if err != nil {
			return err
		}
		r.dev = d
		for _, u := range r.plan.Uplinks {
			if err := preset(d, u); err != nil {
				return fmt.Errorf("router %s: %w", r.name(), err)
			}
		}
	}
	return nil
}

// preset is what the owner of a router has set for an uplink beside its address.
func preset(d *emulator.Device, u uplinkPlan) error {
	if u.MTU != 1500 {
		if _, err := d.Do("/interface/ethernet/set", "=numbers="+u.Ether, fmt.Sprintf("=mtu=%d", u.MTU)); err != nil {
			return err
		}
	}
	_, err := d.Do("/ip/route/add", "=dst-address=0.0.0.0/0", "=gateway="+u.Gateway.String(), "=comment=provider of "+u.Name)
	return err
}

// uplink makes the cable from a router to the internet.
func (w *world) uplink(r *router, u uplinkPlan) error {
	name := kernelNameOf(r.name() + "." + u.Name)
	if err := pair(w.wan, name, r.space, u.Ether, u.MTU); err != nil {
		return err
	}
	l, err := w.wan.nl.LinkByName(name)
	if err == nil {
		err = w.wan.nl.RouteAdd(hostRoute(u.Address, l))
	}
	if err == nil {
		err = w.wan.do(func() error { return prompt(name) })
	}
	if err == nil {
		err = w.local(u.Gateway)
	}
	if err != nil {
		return fmt.Errorf("uplink %s.%s: %w", r.name(), u.Name, err)
	}
	w.cables[r.name()+"."+u.Name] = &cable{
		wan: w.wan, router: r.space, ether: u.Ether, name: name, address: netip.PrefixFrom(u.Address, u.Prefix.Bits()), gateway: u.Gateway,
	}
	return nil
}

// prompt lets an interface of the calling thread's namespace answer ARP for others
// at once: the kernel's default is to wait up to 0.8 s.
func prompt(name string) error { return sysctl("ipv4/neigh/"+name+"/proxy_delay", "0") }

// local gives the internet an address of its own, once.
func (w *world) local(a netip.Addr) error {
	lo, err := w.wan.nl.LinkByName("lo")
	if err != nil {
		return err
	}
	return w.wan.nl.AddrReplace(lo, &netlink.Addr{IPNet: netlink.NewIPNet(a.AsSlice())})
}

// addHosts plugs every host in: alone on a port directly, several into a switch.
func (w *world) addHosts() error {
	count := map[lanPort]int{}
	for _, h := range w.plan.Hosts {
		count[lanPort{h.Router, h.Port}]++
	}
	w.hosts = make([]*host, len(w.plan.Hosts))
	err := each(len(w.hosts), func(i int) error {
		var err error
		w.hosts[i], err = newHost(w, &w.plan.Hosts[i])
		return err
	})
	if err != nil {
		return err
	}
	for _, h := range w.hosts {
		at := lanPort{h.plan.Router, h.plan.Port}
		switch {
		case h.plan.Kind == client:
			err = w.plugInternet(h, "eth0", h.plan.Address.Bits())
		case count[at] == 1:
			err = pair(w.byName[at.router].space, at.name, h.space, "eth0", 1500)
		default:
			err = w.plugSwitch(h, len(w.switched), w.switched[at], func(name string) { w.switched[at] = name })
		}
		if err == nil && h.plan.Public.IsValid() {
			err = w.plugInternet(h, "eth1", h.plan.Public.Bits())
		}
		if err == nil {
			err = h.address()
		}
		if err != nil {
			return fmt.Errorf("host %s: %w", h.name(), err)
		}
	}
	return nil
}

// plugInternet makes a cable from a host to the internet, which has the host's
// gateway as its address there.
func (w *world) plugInternet(h *host, ether string, bits int) error {
	if err := pair(w.wan, h.name(), h.space, ether, 1500); err != nil {
		return err
	}
	l, err := w.wan.nl.LinkByName(h.name())
	if err != nil {
		return err
	}
	gw := netip.PrefixFrom(h.plan.Gateway, bits)
	a, err := netlink.ParseAddr(gw.String())
	if err != nil {
		return err
	}
	return w.wan.nl.AddrAdd(l, a)
}

// plugSwitch plugs a host into the switch on its router's port, which is made
// for the first one.
func (w *world) plugSwitch(h *host, n int, name string, made func(string)) error {
	nl := w.switches.nl
	if name == "" {
		name = fmt.Sprintf("sw%d", n+1)
		if err := nl.LinkAdd(&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: name}}); err != nil {
			return err
		}
		if err := pair(w.switches, name+"up", w.byName[h.plan.Router].space, h.plan.Port, 1500); err != nil {
			return err
		}
		made(name)
	}
	if err := pair(w.switches, kernelNameOf(h.name()), h.space, "eth0", 1500); err != nil {
		return err
	}
	sw, err := nl.LinkByName(name)
	if err != nil {
		return err
	}
	for _, port := range []string{name + "up", kernelNameOf(h.name())} {
		l, err := nl.LinkByName(port)
		if err == nil && l.Attrs().MasterIndex == 0 {
			err = nl.LinkSetMaster(l, sw)
		}
		if err != nil {
			return err
		}
	}
	return nl.LinkSetUp(sw)
}

// settle starts the routers' reconcilers, after one pass of each.
func (w *world) settle() error {
	if err := each(len(w.routers), func(i int) error { return w.routers[i].watch(w.stopping) }); err != nil {
		return err
	}
	return each(len(w.routers), func(i int) error {
		r := w.routers[i]
		r.once()
		w.wait.Go(func() { r.reconcile(w.stopping) })
		return nil
	})
}

// serve lets the routers' API be reached: on the listeners of the outside, and
// on the usual ports inside.
func (w *world) serve(outside []net.Listener) error {
	var err error
	if w.server, err = emulator.NewServer(emulator.ServerOptions{Hosts: w.apiNames(), OnePort: true}); err != nil {
		return err
	}
	for i, r := range w.routers {
		if i < len(outside) {
			if err := w.server.ServeOn(r.dev, outside[i], false); err != nil {
				return err
			}
		}
		for _, port := range r.plan.API {
			var l net.Listener
			err := r.space.do(func() (err error) {
				l, err = new(net.ListenConfig).Listen(context.Background(), "tcp4", ":"+port)
				return err
			})
			if err == nil {
				err = w.server.ServeOn(r.dev, l, false)
			}
			if err != nil {
				return fmt.Errorf("API of %s: %w", r.name(), err)
			}
		}
	}
	return os.WriteFile(filepath.Join(w.dir, "ca.pem"), w.server.CA(), 0o600)
}

// apiNames are what the routers' certificate is for.
func (w *world) apiNames() []string {
	var out []string
	for _, r := range w.routers {
		for _, u := range r.plan.Uplinks {
			out = append(out, u.Address.String())
		}
	}
	return out
}

// close ends everything. It returns when nothing of it runs.
func (w *world) close() {
	for _, h := range w.hosts {
		if h != nil {
			h.stop()
		}
	}
	if w.server != nil {
		w.server.Close()
	}
	close(w.stopping)
	w.emu.Close()
	for _, r := range w.routers {
		if r != nil {
			r.tracked.close()
		}
	}
	w.wait.Wait()
	for _, c := range w.cables {
		c.close()
	}
	for _, r := range w.routers {
		if r != nil {
			r.close()
		}
	}
	for _, h := range w.hosts {
		if h != nil {
			_ = h.space.close()
		}
	}
	for _, s := range []*space{w.wan, w.switches} {
		if s != nil {
			_ = s.close()
		}
	}
}

// close ends the data plane and drops the namespace.
func (r *router) close() {
	for _, v := range r.vrrps {
		v.stop(r)
	}
	_ = r.wire.Close()
	for _, b := range r.bonds {
		b.port.remove()
	}
	for _, t := range r.tunnels {
		t.port.remove()
	}
	_ = r.space.close()
}

// spanningTree asks for a new look at the spanning tree.
func (w *world) spanningTree() {
	select {
	case w.treeWake <- struct{}{}:
	default:
	}
}

// tree keeps the spanning tree up to date.
func (w *world) tree() {
	for {
		select {
		case <-w.stopping:
			return
		case <-w.treeWake:
			w.block()
		}
	}
}
