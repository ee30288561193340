//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A Fault is something that was made to go wrong.
type Fault struct {
	ID   int    `json:"id"`
	What string `json:"what"`
}

// faults are the faults that were not taken back.
type faults struct {
	mu   sync.Mutex // Guards what follows.
	last int
	all  []standing
}

type standing struct {
	Fault
	undo func() error
}

func (f *faults) list() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := []Fault{}
	for _, s := range f.all {
		out = append(out, s.Fault)
	}
	return out
}

func (f *faults) add(what string, undo func() error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last++
	f.all = append(f.all, standing{Fault{f.last, what}, undo})
}

// clear takes one fault back, or all.
func (f *faults) clear(which string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	id, err := strconv.Atoi(which)
	if which != "all" && err != nil {
		return fmt.Errorf("clear: a fault's number or \"all\", not %q", which)
	}
	var errs []error
	found := false
	for i, s := range slices.Backward(f.all) {
		if which != "all" && s.ID != id {
			continue
		}
		found = true
		if err := s.undo(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.What, err))
			continue
		}
		f.all = slices.Delete(f.all, i, i+1)
	}
	if !found && which != "all" {
		errs = append(errs, fmt.Errorf("there is no fault %s", which))
	}
	return errors.Join(errs...)
}

// FaultKinds are the faults, each with its arguments and what it does.
func FaultKinds() [][2]string {
	return [][2]string{
		{"power-off HOST|ROUTER", "programs die, links go down"},
		{"reboot ROUTER [DURATION]", "off and on again, after 2s unless given"},
		{"freeze HOST", "its programs stand still; its kernel still answers pings"},
		{"kill HOST PROGRAM", "the program dies; clear starts it again"},
		{"unplug HOST[.eth0]|ROUTER.PORT", "the cable is pulled, both ends see it"},
		{"cut-tunnel ROUTER.INTERFACE", "nothing of this tunnel leaves or arrives"},
		{"cut ROUTER.UPLINK [out|in]", "a WAN link loses everything, or one direction"},
		{"dead ROUTER.UPLINK", "the link is up, the provider answers, nothing behind it does"},
		{"flap ROUTER.UPLINK DOWN UP COUNT", "cut for DOWN, whole for UP, COUNT times"},
		{"degrade ROUTER.UPLINK PROFILE|delay=..,jitter=..,loss=..,rate=..", "a worse link"},
		{"fill-disk HOST", "the file system of its data is full"},
		{"stop-replication HOST", "its database no longer follows"},
	}
}

// fault makes a fault, or lists them ("list") or takes them back ("clear").
func (w *world) fault(ctx context.Context, args []string) ([]Fault, error) {
	if len(args) == 0 || args[0] == "list" {
		return w.faults.list(), nil
	}
	if args[0] == "clear" {
		which := "all"
		if len(args) > 1 {
			which = args[1]
		}
		err := w.faults.clear(which)
		return w.faults.list(), err
	}
	if len(args) < 2 {
		return nil, fmt.Errorf("fault %s: of what?", args[0])
	}
	undo, err := w.make(ctx, args[0], args[1], args[2:])
	if err != nil {
		return nil, fmt.Errorf("fault %s: %w", strings.Join(args, " "), err)
	}
	if undo != nil {
		w.faults.add(strings.Join(args, " "), undo)
	}
	return w.faults.list(), nil
}

// make makes one fault and returns how to take it back; nil if it does that by
// itself.
func (w *world) make(ctx context.Context, kind, target string, rest []string) (undo func() error, err error) {
	switch kind {
	case "power-off":
		return w.powerOff(target)
	case "reboot":
		return nil, w.reboot(ctx, target, rest)
	case "unplug":
		return w.unplug(target)
	case "cut-tunnel":
		return w.cutTunnel(target)
	case "cut", "dead", "degrade", "flap":
		return w.linkFault(ctx, kind, target, rest)
	}
	h := w.host(target)
	if h == nil {
		if !slices.ContainsFunc(FaultKinds(), func(k [2]string) bool { return strings.HasPrefix(k[0], kind+" ") }) {
			return nil, errors.New("no such fault")
		}
		return nil, fmt.Errorf("there is no host %q", target)
	}
	switch kind {
	case "freeze":
		return h.freeze()
	case "kill":
		if len(rest) != 1 {
			return nil, errors.New("which program?")
		}
		return func() error { return h.restart(rest[0]) }, h.kill(rest[0])
	case "fill-disk":
		return h.fill()
	case "stop-replication":
		return func() error { return h.sql("START ALL SLAVES") }, h.sql("STOP ALL SLAVES")
	}
	return nil, errors.New("no such fault")
}

func (w *world) powerOff(target string) (func() error, error) {
	if h := w.host(target); h != nil {
		return func() error { return h.power(true) }, h.power(false)
	}
	if r := w.router(target); r != nil {
		r.dev.PowerOff()
		return func() error { r.dev.PowerOn(); return nil }, nil
	}
	return nil, fmt.Errorf("there is no %q", target)
}

// reboot switches a router off and on again after a while; the lab's end ends
// the wait.
func (w *world) reboot(ctx context.Context, target string, rest []string) error {
	r := w.router(target)
	if r == nil {
		return fmt.Errorf("there is no router %q", target)
	}
	d := 2 * time.Second
	if len(rest) > 0 {
		var err error
		if d, err = time.ParseDuration(rest[0]); err != nil {
			return err
		}
	}
	r.dev.PowerOff()
	select {
	case <-time.After(d):
	case <-w.stopping:
	case <-ctx.Done():
	}
	r.dev.PowerOn()
	return nil
}

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

// freeze stops the programs of a host where they are.
func (h *host) freeze() (func() error, error) {
	set := func(frozen bool, sig syscall.Signal) error {
		h.mu.Lock()
		h.frozen = frozen
		h.mu.Unlock()
		return h.signal(sig, "")
	}
	return func() error { return set(false, syscall.SIGCONT) }, set(true, syscall.SIGSTOP)
}

// fill fills the file system of a host's data.
func (h *host) fill() (func() error, error) {
	if h.plan.Kind != server {
		return nil, errors.New("only servers have a disk")
	}
	name := filepath.Join(h.dir, "full")
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	block := make([]byte, 1<<20)
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(block[:size]); err != nil {
			size /= 2 // Until not a byte is free.
		}
	}
	return func() error { return os.Remove(name) }, nil
}
