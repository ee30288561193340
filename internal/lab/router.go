//go:build linux

package lab

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/vishvananda/netlink"

	"jembatan/internal/packet/wire"
	"jembatan/routeros/emulator"
)

// A router is one emulated device and the namespace that carries its
// configuration out. One goroutine reconciles; tunnels report from theirs.
type router struct {
	plan  *routerPlan
	world *world
	space *space
	dev   *emulator.Device
	wire  *wire.Wire
	wake  chan struct{}

	// Only the reconciler uses these.
	tunnels  map[string]*tunnelIf // by id, as RouterOS prints it
	bonds    map[string]*bondIf
	bridges  map[string]*bridgeIf
	vrrps    map[string]*vrrpIf
	off      bool      // without power, at the last look
	rules    string    // of nft, as applied
	failed   string    // rules that nft refused, not to be tried again
	refusal  string    // and what it said
	nftReady *nftReady // nil: none waits

	mu          sync.Mutex          // Guards what follows.
	links       map[string]bool     // ethernet name -> has carrier
	running     map[string]bool     // tunnel name -> runs
	masters     map[string]string   // VRRP name -> state
	kernel      map[string]string   // RouterOS name -> kernel name
	lacks       map[string]string   // what is configured and not carried out -> why
	took        []int64             // microseconds of the last reconciliations
	ends        []*tunnelIf         // tunnels, for counters and spanning tree
	graph       []bridgePort        // tunnel ports of bridges, for spanning tree
	asked, firm uint64              // changes of the configuration, and those whose rules are in force
	firmed      chan struct{}       // closed when firm has grown
	addrs       map[netip.Addr]bool // of the router, enabled

	tracked *tracker
}

// newRouter makes the namespace and the data plane of a router.
func newRouter(w *world, p *routerPlan) (*router, error) {
	r := &router{
		plan: p, world: w, wake: make(chan struct{}, 1),
		tunnels: map[string]*tunnelIf{}, bonds: map[string]*bondIf{}, bridges: map[string]*bridgeIf{}, vrrps: map[string]*vrrpIf{},
		links: map[string]bool{}, running: map[string]bool{}, masters: map[string]string{},
		kernel: map[string]string{}, lacks: map[string]string{}, firmed: make(chan struct{}),
	}
	var err error
	if r.space, err = newSpace(p.Device.Name); err != nil {
		return nil, err
	}
	err = r.space.do(func() (err error) {
		// arp_ignore: a router answers only for addresses of the port that asks,
		// which also keeps the parent of a VRRP interface quiet.
		if err = sysctl("ipv4/ip_forward", "1", "ipv4/conf/all/rp_filter", "0", "ipv4/conf/default/rp_filter", "0",
			"ipv4/conf/all/arp_ignore", "1", "ipv4/conf/all/arp_announce", "2"); err != nil {
			return err
		}
		if err = tracking(); err != nil {
			return err
		}
		if r.tracked, err = track(); err != nil {
			return err
		}
		r.wire, err = wire.Open(wire.Options{})
		return err
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("router %s: %w", r.name(), err), r.space.close())
	}
	w.wait.Go(r.tracked.follow)
	return r, nil
}

// tracking gives connections the time that RouterOS gives them (MikroTik manual,
// "Connection tracking").
func tracking() error {
	seconds := map[string]string{
		"tcp_timeout_syn_sent": "5", "tcp_timeout_syn_recv": "5", "tcp_timeout_established": "86400", "tcp_timeout_fin_wait": "10",
		"tcp_timeout_close_wait": "10", "tcp_timeout_last_ack": "10", "tcp_timeout_time_wait": "10", "tcp_timeout_close": "10",
		"tcp_timeout_max_retrans": "300", "tcp_timeout_unacknowledged": "300", "udp_timeout": "30", "udp_timeout_stream": "180",
		"icmp_timeout": "10", "generic_timeout": "600", "tcp_loose": "1",
	}
	var pairs []string
	for name, v := range seconds {
		pairs = append(pairs, "netfilter/nf_conntrack_"+name, v)
	}
	return sysctl(pairs...)
}

func (r *router) name() string { return r.plan.Device.Name }

// poke asks for a reconciliation. It never blocks.
func (r *router) poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// configured notes a change and asks for a reconciliation.
func (r *router) configured() {
	r.mu.Lock()
	r.asked++
	r.mu.Unlock()
	r.poke()
}

// changes returns how often the configuration has changed.
func (r *router) changes() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked
}

// inForce notes that the rules are as they were configured at that change.
func (r *router) inForce(change uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.firm = change
	close(r.firmed)
	r.firmed = make(chan struct{})
}

// awaitRules returns when the rules are as they are configured now, or after
// rulesPatience.
func (r *router) awaitRules() {
	t := time.NewTimer(rulesPatience)
	defer t.Stop()
	want := r.changes()
	for {
		r.mu.Lock()
		firm, next := r.firm, r.firmed
		r.mu.Unlock()
		if firm >= want {
			return
		}
		select {
		case <-next:
		case <-t.C:
			return
		}
	}
}

// rulesPatience is how long a command waits for rules that were written before it.
const rulesPatience = 250 * time.Millisecond

// lack notes, or with an empty why takes back, that something is not carried out.
func (r *router) lack(what, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if why == "" {
		delete(r.lacks, what)
		return
	}
	r.lacks[what] = why
}

// ended forgets the lacks of a reconciliation before the next one.
func (r *router) forgetLacks() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.lacks)
}

// setKernel remembers what an interface is called in the kernel.
func (r *router) setKernel(names map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kernel = maps.Clone(names)
}

// kernelNames returns what all interfaces are called in the kernel.
func (r *router) kernelNames() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.kernel // It is replaced, never changed.
}

// kernelName returns what an interface is called in the kernel; "" if it is not
// there.
func (r *router) kernelName(name string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.kernel[name]
}

// tunnelChanged notes that a tunnel runs or not, moves its bond, shows it to
// the bridge and to the API. It is called by the tunnel's goroutine.
func (r *router) tunnelChanged(t *tunnelIf, up bool) {
	r.mu.Lock()
	r.running[t.name] = up
	bond := t.bond
	r.mu.Unlock()
	if bond != nil {
		bond.choose()
	}
	_ = t.port.SetCarrier(up) // A port that is gone has no carrier to show.
	r.world.changed(r)
}

// watch follows the carrier of the ethernets until done is closed.
func (r *router) watch(done chan struct{}) error {
	updates := make(chan netlink.LinkUpdate, 64)
	opts := netlink.LinkSubscribeOptions{Namespace: r.space.ns(), ErrorCallback: func(error) {}}
	if err := netlink.LinkSubscribeWithOptions(updates, done, opts); err != nil {
		return fmt.Errorf("follow links of %s: %w", r.name(), err)
	}
	r.world.wait.Go(func() {
		for u := range updates {
			name := u.Attrs().Name
			if u.Header.Type == rtmDelLink || !slices.Contains(r.plan.Device.Ethernets, name) {
				continue
			}
			r.setLink(name, u.Attrs().OperState == netlink.OperUp)
		}
	})
	return nil
}

// setLink notes the carrier of an ethernet.
func (r *router) setLink(name string, up bool) {
	r.mu.Lock()
	same := r.links[name] == up
	r.links[name] = up
	r.mu.Unlock()
	if !same {
		r.world.changed(r)
		r.poke()
	}
}

// lacking returns what is configured and not carried out, sorted.
func (r *router) lacking() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for _, what := range slices.Sorted(maps.Keys(r.lacks)) {
		out = append(out, what+": "+r.lacks[what])
	}
	return out
}
