//go:build linux

package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
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
const diskSize = "size=512m"

func newHost(w *world, p *hostPlan) (*host, error) {
	s, err := newSpace(p.Name)
	if err != nil {
		return nil, err
	}
	h := &host{w: w, plan: p, space: s, dir: filepath.Join(w.dir, p.Name)}
	if p.Kind == server {
		err := os.MkdirAll(h.dir, 0o755)
		if err == nil {
			err = syscall.Mount("disk", h.dir, "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV, diskSize)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("disk of %s: %w", p.Name, err), s.close())
		}
	}
	return h, nil
}

func (h *host) name() string { return h.plan.Name }

// address sets the address of eth0 and the way out.
func (h *host) address() error {
	l, err := h.space.nl.LinkByName("eth0")
	if err != nil {
		return err
	}
	a, err := netlink.ParseAddr(h.plan.Address.String())
	if err == nil {
		err = h.space.nl.AddrReplace(l, a)
	}
	if err == nil && h.plan.Gateway.IsValid() {
		err = h.space.nl.RouteReplace(&netlink.Route{Gw: h.plan.Gateway.AsSlice()})
	}
	return err
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
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := h.space.do(func() error { return h.w.children.start(cmd) }); err != nil {
		return fmt.Errorf("start %s on %s: %w", p.name, h.name(), err)
	}
	done := make(chan struct{})
	p.cmd, p.done = cmd, done
	h.w.wait.Go(func() {
		_ = h.w.children.wait(cmd) // How it ended is in its log.
		close(done)
	})
	return nil
}

// signal sends a signal to the process group of every program, or of one.
func (h *host) signal(sig syscall.Signal, only string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	found := false
	for _, p := range h.programs {
		if only == "" || p.name == only {
			found = true
			_ = syscall.Kill(-p.cmd.Process.Pid, sig) // Gone already is fine.
		}
	}
	if only != "" && !found {
		return fmt.Errorf("%s runs no %s; it runs: %s", h.name(), only, strings.Join(h.running(), " "))
	}
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

// power switches the host off and on: its programs die, its link goes down.
func (h *host) power(on bool) error {
	l, err := h.space.nl.LinkByName("eth0")
	if err != nil {
		return err
	}
	h.mu.Lock()
	h.off = !on
	h.mu.Unlock()
	if !on {
		if err := h.space.nl.LinkSetDown(l); err != nil {
			return err
		}
		_ = h.kill("") // Every program: none can be missing.
		return nil
	}
	if err := h.space.nl.LinkSetUp(l); err != nil {
		return err
	}
	return errors.Join(h.address(), h.restart(""))
}

// plug pulls the host's cable or plugs it in.
func (h *host) plug(in bool) error {
	l, err := h.space.nl.LinkByName("eth0")
	if err != nil {
		return err
	}
	if !in {
		return h.space.nl.LinkSetDown(l)
	}
	return errors.Join(h.space.nl.LinkSetUp(l), h.address())
}

// kill kills every program, or one, and waits for them to end: whoever starts
// them again looks at whether they have.
func (h *host) kill(only string) error {
	if err := h.signal(syscall.SIGKILL, only); err != nil {
		return err
	}
	h.mu.Lock()
	programs := h.programs
	h.mu.Unlock()
	for _, p := range programs {
		if only != "" && p.name != only {
			continue
		}
		select {
		case <-p.done:
		case <-time.After(5 * time.Second): // A process in the kernel may take its time.
		}
	}
	return nil
}

func (h *host) stop() { _ = h.kill("") } // As above.
