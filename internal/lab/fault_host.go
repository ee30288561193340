//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

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

// siteDown takes the power of a router and of every host behind it, or pulls all
// their cables, at once.
func (w *world) siteDown(target string, rest []string) (func() error, error) {
	r := w.router(target)
	if r == nil {
		return nil, fmt.Errorf("there is no router %q", target)
	}
	if len(rest) > 1 || len(rest) == 1 && rest[0] != "cables" {
		return nil, errors.New("want nothing or \"cables\" after the router")
	}
	cables := len(rest) == 1
	set := func(up bool) error {
		var errs []error
		if !cables {
			if up {
				r.dev.PowerOn()
			} else {
				r.dev.PowerOff()
			}
		}
		for _, u := range r.plan.Uplinks {
			if cables {
				errs = append(errs, w.cables[target+"."+u.Name].plug(up))
			}
		}
		errs = append(errs, each(len(w.hosts), func(i int) error {
			h := w.hosts[i]
			switch {
			case h.plan.Router != target:
				return nil
			case cables:
				return h.plug("", up)
			}
			return h.power(up)
		}))
		return errors.Join(errs...)
	}
	return func() error { return set(true) }, set(false)
}

// freeze stops every process of a host where it stands, also those that lab exec
// has started.
func (h *host) freeze() (func() error, error) {
	set := func(frozen bool, sig syscall.Signal) error {
		h.mu.Lock()
		h.frozen = frozen
		h.mu.Unlock()
		return h.each(sig)
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
	var at int64
	for size := int64(1 << 26); size >= 4096; {
		if err := unix.Fallocate(int(f.Fd()), 0, at, size); err != nil {
			size /= 2 // Until not a page is free.
			continue
		}
		at += size
	}
	return func() error { return os.Remove(name) }, nil
}
