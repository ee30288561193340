//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
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

// clear takes faults back: one by its number, those of its words, or all.
func (f *faults) clear(which string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var errs []error
	found := false
	for i, s := range slices.Backward(f.all) {
		if which != "all" && which != s.What && which != strconv.Itoa(s.ID) {
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
		{"site-down ROUTER [cables]", "the router and all hosts behind it lose their power, or all cables"},
		{"reboot ROUTER [DURATION]", "off and on again, after 2s unless given"},
		{"freeze HOST", "its processes stand still until \"thaw HOST\" or clear; its kernel still answers pings"},
		{"kill HOST PROGRAM", "the program dies; clear starts it again, if it is the lab's own"},
		{"unplug HOST[.eth0]|ROUTER.PORT", "the cable is pulled, both ends see it"},
		{"cut-tunnel ROUTER.INTERFACE", "nothing of this tunnel leaves or arrives"},
		{"cut-tunnels ROUTER ROUTER", "the same with every tunnel between two routers"},
		{"cut ROUTER.UPLINK [out|in]", "a WAN link loses everything, or one direction"},
		{"dead ROUTER.UPLINK", "the link is up, the provider answers, nothing behind it does"},
		{"flap ROUTER.UPLINK DOWN UP COUNT", "cut for DOWN, whole for UP, COUNT times"},
		{"degrade ROUTER.UPLINK PROFILE|delay=..,jitter=..,loss=..,rate=..,mtu=..", "a worse link"},
		{"fill-disk HOST", "the file system of its data is full"},
		{"stop-replication HOST [applier]", "its database no longer follows, or no longer applies what arrives"},
		{"lag HOST DURATION", "its database applies what arrives later, whole seconds"},
		{"lock-tables HOST [TABLE]", "a session of app holds FLUSH TABLES WITH READ LOCK, or a write lock"},
	}
}

// fault makes a fault, or lists them ("list") or takes them back ("clear").
func (w *world) fault(ctx context.Context, args []string) ([]Fault, error) {
	if len(args) == 0 || args[0] == "list" {
		return w.faults.list(), nil
	}
	switch args[0] {
	case "clear":
		which := "all"
		if len(args) > 1 {
			which = strings.Join(args[1:], " ")
		}
		err := w.faults.clear(which)
		return w.faults.list(), err
	case "thaw":
		err := w.faults.clear(strings.Join(append([]string{"freeze"}, args[1:]...), " "))
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
	case "site-down":
		return w.siteDown(target, rest)
	case "cut-tunnel":
		return w.cutTunnel(target)
	case "cut-tunnels":
		if len(rest) != 1 {
			return nil, errors.New("between which two routers?")
		}
		return w.cutTunnels(target, rest[0])
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
	return h.make(ctx, kind, rest)
}

// make makes a fault of one host.
func (h *host) make(ctx context.Context, kind string, rest []string) (undo func() error, err error) {
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
		return h.stopReplication(rest)
	case "lag":
		return h.lag(rest)
	case "lock-tables":
		return h.lockTables(ctx, rest)
	}
	return nil, errors.New("no such fault")
}
