//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

func (w *world) unplug(target string) (func() error, error) {
	name, port, _ := strings.Cut(target, ".")
	if h := w.host(name); h != nil {
		return func() error { return h.plug(port, true) }, h.plug(port, false)
	}
	if sw := w.switched[lanPort{name, port}]; sw != "" {
		return func() error { return w.switches.up(sw+"up", true) }, w.switches.up(sw+"up", false)
	}
	for _, h := range w.hosts {
		if h.plan.Router == name && h.plan.Port == port {
			return func() error { return h.plug("eth0", true) }, h.plug("eth0", false)
		}
	}
	if r := w.router(name); r != nil {
		for _, u := range r.plan.Uplinks {
			if u.Ether == port || u.Name == port {
				c := w.cables[name+"."+u.Name]
				return func() error { return c.plug(true) }, c.plug(false)
			}
		}
	}
	return nil, fmt.Errorf("nothing is plugged in at %q", target)
}

// plug pulls the internet's end of a cable or plugs it in.
func (c *cable) plug(in bool) error {
	l, err := c.wan.nl.LinkByName(c.name)
	if err != nil {
		return err
	}
	if !in {
		return c.wan.nl.LinkSetDown(l)
	}
	if err := c.wan.nl.LinkSetUp(l); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.relay != nil {
		return nil
	}
	return c.wan.nl.RouteReplace(hostRoute(c.address.Addr(), l))
}

func (w *world) cutTunnel(target string) (func() error, error) {
	name, iface, _ := strings.Cut(target, ".")
	r := w.router(name)
	if r == nil {
		return nil, fmt.Errorf("there is no router %q", name)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.ends {
		if t.name == iface && t.tunnel != nil {
			tunnel := t.tunnel
			tunnel.Cut(true)
			return func() error { tunnel.Cut(false); return nil }, nil
		}
	}
	return nil, fmt.Errorf("%s has no tunnel %q", name, iface)
}

// cutTunnels cuts every tunnel between two routers.
func (w *world) cutTunnels(a, b string) (func() error, error) {
	var cut []*tunnelIf
	for _, way := range [][2]string{{a, b}, {b, a}} {
		from, to := w.router(way[0]), w.router(way[1])
		if from == nil || to == nil {
			return nil, fmt.Errorf("there are no routers %q and %q", a, b)
		}
		from.mu.Lock()
		for _, t := range from.ends {
			if t.tunnel != nil && to.plan.has(t.config.Remote) {
				cut = append(cut, t)
			}
		}
		from.mu.Unlock()
	}
	if len(cut) == 0 {
		return nil, fmt.Errorf("no tunnel joins %s and %s", a, b)
	}
	set := func(on bool) {
		for _, t := range cut {
			t.tunnel.Cut(on)
		}
	}
	set(true)
	return func() error { set(false); return nil }, nil
}

// has reports whether an address is one of the router's uplinks.
func (p *routerPlan) has(a netip.Addr) bool {
	for _, u := range p.Uplinks {
		if u.Address == a {
			return true
		}
	}
	return false
}

// linkFault changes what a WAN link does.
func (w *world) linkFault(ctx context.Context, kind, target string, rest []string) (func() error, error) {
	c := w.cables[target]
	if c == nil {
		return nil, fmt.Errorf("there is no WAN link %q", target)
	}
	before := c.get()
	q := before
	switch {
	case kind == "degrade" && len(rest) == 1:
		var err error
		if q, err = ParseQuality(rest[0]); err != nil {
			return nil, err
		}
	case kind == "dead":
		q[Out].Dead, q[In].Dead = true, true
	case kind == "cut" && len(rest) == 0:
		q[Out].Cut, q[In].Cut = true, true
	case kind == "cut" && rest[0] == "out":
		q[Out].Cut = true
	case kind == "cut" && rest[0] == "in":
		q[In].Cut = true
	case kind == "flap" && len(rest) == 3:
		return nil, c.flap(ctx, rest)
	default:
		return nil, errors.New("wrong arguments")
	}
	apply := func(q [2]Quality) error { return errors.Join(c.set(Out, q[Out]), c.set(In, q[In])) }
	return func() error { return apply(before) }, apply(q)
}

// flap cuts and mends a link again and again, and returns when it is done.
func (c *cable) flap(ctx context.Context, args []string) error {
	down, err1 := time.ParseDuration(args[0])
	up, err2 := time.ParseDuration(args[1])
	count, err3 := strconv.Atoi(args[2])
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	for range min(count, 1000) {
		for _, cut := range []bool{true, false} {
			q := c.get()
			q[Out].Cut, q[In].Cut = cut, cut
			if err := errors.Join(c.set(Out, q[Out]), c.set(In, q[In])); err != nil {
				return err
			}
			wait := up
			if cut {
				wait = down
			}
			select {
			case <-ctx.Done():
				q[Out].Cut, q[In].Cut = false, false
				return errors.Join(ctx.Err(), c.set(Out, q[Out]), c.set(In, q[In]))
			case <-time.After(wait):
			}
		}
	}
	return nil
}
