//go:build linux

package lab

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"

	"jembatan/tunnel"
)

// A host is a server, a pc or a client: a namespace with programs in it.
type host struct {
	w     *world
	plan  *hostPlan
	space *space
	dir   string
	db    *database // nil: none

	mu       sync.Mutex // Guards what follows.
	programs []*program
	off      bool
	frozen   bool
}

// A program is a process of a host that is started again when the host is
// switched on.
type program struct {
	name string
	make func() *exec.Cmd
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
}

// diskSize bounds the file system of a server, which is in memory and holds its
// logs and its database.
func diskSize(p *hostPlan) string {
	if p.DB != nil && p.DB.Engine == tunnel.MySQL {
		return "size=512m" // An empty one takes 100 MiB.
	}
	return "size=256m"
}

func newHost(w *world, p *hostPlan) (*host, error) {
	s, err := newSpace(p.Name)
	if err != nil {
		return nil, err
	}
	h := &host{w: w, plan: p, space: s, dir: filepath.Join(w.dir, p.Name)}
	if p.Kind == server || p.Kind == manager {
		err := os.MkdirAll(h.dir, 0o755)
		if err == nil && p.Kind == server {
			err = syscall.Mount("disk", h.dir, "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV, diskSize(p))
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("disk of %s: %w", p.Name, err), s.close())
		}
	}
	return h, nil
}

func (h *host) name() string { return h.plan.Name }

func (h *host) isOff() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.off
}

// ether returns the host's cables, each with its address.
func (h *host) ether() map[string]netip.Prefix {
	out := map[string]netip.Prefix{"eth0": h.plan.Address}
	if h.plan.Public.IsValid() {
		out["eth1"] = h.plan.Public
	}
	return out
}

// address sets the addresses of cables that are plugged in, and the way out.
func (h *host) address() error {
	for name, prefix := range h.ether() {
		l, err := h.space.nl.LinkByName(name)
		if err != nil {
			return err
		}
		a, err := netlink.ParseAddr(prefix.String())
		if err == nil {
			err = h.space.nl.AddrReplace(l, a)
		}
		if err == nil && prefix.Contains(h.plan.Gateway) && l.Attrs().Flags&net.FlagUp != 0 {
			err = h.space.nl.RouteReplace(&netlink.Route{Gw: h.plan.Gateway.AsSlice()})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// add starts a program that belongs to the host.
func (h *host) add(name string, mk func() *exec.Cmd) error {
	p := &program{name: name, make: mk}
	if err := h.start(p); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.programs = append(h.programs, p)
	return nil
}

// start starts p inside the host, its output going to the host's log.
func (h *host) start(p *program) error {
	cmd := p.make()
	log, err := os.OpenFile(filepath.Join(h.dir, p.name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	if err := h.space.do(func() error { return h.w.children.start(cmd) }); err != nil {
		return fmt.Errorf("start %s on %s: %w", p.name, h.name(), err)
	}
	renice(cmd.Process.Pid, hostNice)
	done := make(chan struct{})
	p.cmd, p.done = cmd, done
	h.w.wait.Go(func() {
		_ = h.w.children.wait(cmd) // How it ended is in its log.
		close(done)
	})
	return nil
}

// running returns the names of the programs; the lock is held.
func (h *host) running() []string {
	out := []string{}
	for _, p := range h.programs {
		select {
		case <-p.done:
		default:
			out = append(out, p.name)
		}
	}
	return out
}

// restart starts the programs that do not run, or one of them.
func (h *host) restart(only string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var errs []error
	for _, p := range h.programs {
		if only != "" && p.name != only {
			continue
		}
		select {
		case <-p.done:
			errs = append(errs, h.start(p))
		default:
		}
	}
	return errors.Join(errs...)
}

// power switches the host off and on: its programs die, its links go down.
func (h *host) power(on bool) error {
	h.mu.Lock()
	h.off = !on
	h.frozen = h.frozen && on
	h.mu.Unlock()
	if !on {
		err := h.plug("", false)
		_ = h.kill("") // Every program: none can be missing.
		return err
	}
	return errors.Join(h.plug("", true), h.restart(""))
}

// plug pulls one of the host's cables or plugs it in; without a name all of them.
func (h *host) plug(only string, in bool) error {
	set := h.space.nl.LinkSetDown
	if in {
		set = h.space.nl.LinkSetUp
	}
	found := false
	for name := range h.ether() {
		if only != "" && only != name {
			continue
		}
		found = true
		l, err := h.space.nl.LinkByName(name)
		if err == nil {
			err = set(l)
		}
		if err != nil {
			return err
		}
	}
	if !found {
		return fmt.Errorf("%s has no cable %q", h.name(), only)
	}
	if !in {
		return nil
	}
	return h.address()
}

// kill kills every process of the host, or one program, and waits for it to end:
// whoever starts it again looks at whether it has.
func (h *host) kill(only string) error {
	if only == "" {
		pids, err := h.processes()
		err = errors.Join(err, h.each(syscall.SIGKILL))
		gone(pids)
		h.ended("")
		return err
	}
	h.mu.Lock()
	var pids []int
	for _, p := range h.programs {
		if p.name == only {
			pids = append(pids, p.cmd.Process.Pid)
		}
	}
	running := h.running()
	h.mu.Unlock()
	if len(pids) == 0 {
		pids = h.called(only)
	}
	if len(pids) == 0 {
		return fmt.Errorf("%s runs no %s; of the lab's own it runs: %s", h.name(), only, strings.Join(running, " "))
	}
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGKILL) // Gone already is fine.
	}
	h.ended(only)
	return nil
}

// ended waits for programs that were killed.
func (h *host) ended(only string) {
	h.mu.Lock()
	programs := slices.Clone(h.programs)
	h.mu.Unlock()
	for _, p := range programs {
		if only != "" && p.name != only {
			continue
		}
		select {
		case <-p.done:
		case <-time.After(deadPatience):
		}
	}
}

func (h *host) stop() { _ = h.kill("") } // The lab ends, and with it what is left.
