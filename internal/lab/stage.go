//go:build linux

package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime/debug"
	"syscall"
	"time"

	"jembatan/routeros"
	"jembatan/tunnel"
	"jembatan/tunnel/spec"
)

// Stage has to be called first by every program that calls Start. In a process of
// a lab it does that process's work and returns the code to exit with; in others
// ran is false and nothing was done.
func Stage() (code int, ran bool) {
	var err error
	is := os.Getenv(stageEnv)
	if is == "" {
		return 0, false
	}
	debug.SetGCPercent(gcPercent)
	switch is {
	case stageWorld:
		err = stage()
	case stageWeb:
		err = web()
	case stageLoad:
		Behind()
		err = loadStage()
	case stageRole:
		err = roleStage()
	default:
		err = errors.New("unknown stage")
	}
	switch {
	case err == nil:
		return 0, true
	case !errors.Is(err, errTold):
		fmt.Fprintln(os.Stderr, "lab:", err)
	}
	return 1, true
}

// errTold is an error that whoever started the lab has been told of.
var errTold = errors.New("told")

// gcPercent lets the processes of a lab, all of them small, spend memory to save
// time: they share the machine with what is measured in it.
const gcPercent = 400

// stage is the first process of a lab.
func stage() error {
	begun := time.Now()
	_ = os.Unsetenv(stageEnv) // For the programs that run in the lab.
	config := os.NewFile(fdConfig, "config")
	ready := os.NewFile(fdReady, "ready")
	for fd := fdControl; fd < fdFirstAPI; fd++ {
		syscall.CloseOnExec(fd)
	}
	decoder := json.NewDecoder(config)
	var o Options
	if err := decoder.Decode(&o); err != nil {
		return fmt.Errorf("options: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, config) // Ends when whoever started the lab does.
		cancel()
	}()
	w, err := raise(ctx, o)
	i := info{Took: time.Since(begun)}
	if err != nil {
		i.Error = err.Error()
	} else {
		i.Fingerprint = w.server.Fingerprint()
	}
	if e := json.NewEncoder(ready).Encode(i); e != nil || err != nil {
		if w != nil {
			w.close()
		}
		if e == nil {
			return errTold
		}
		return errors.Join(e, err)
	}
	_ = ready.Close()
	err = w.control(ctx, cancel, os.NewFile(fdControl, "control"))
	w.close()
	return err
}

// raise mounts what the lab needs and builds it.
func raise(ctx context.Context, o Options) (*world, error) {
	t, problems := spec.Parse(o.File, o.Source)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	if err := mounts(); err != nil {
		return nil, err
	}
	listeners, err := inherited(len(t.Routers))
	if err != nil {
		return nil, err
	}
	plan := draw(t, o.Versions, o.Clients, func(ref tunnel.SecretRef) (routeros.Secret, error) {
		return routeros.Secret(o.Secrets[ref.String()]), nil
	})
	if o.Controller != "" {
		if err := plan.addController(t, o.Controller); err != nil {
			return nil, err
		}
	}
	w, err := build(ctx, plan, scratch, &o)
	if err != nil {
		return nil, err
	}
	if err = w.serve(listeners); err == nil {
		err = w.qualities(o.Links)
	}
	if err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// scratch is the lab's own folder, in memory and gone with it.
const scratch = "/run/lab"

// mounts gives the lab a /proc that fits its processes and a /run of its own.
func mounts() error {
	if os.Getpid() != 1 {
		return errors.New("the lab is not alone in its pid namespace")
	}
	for _, m := range []struct {
		source, target, kind string
		flags                uintptr
	}{
		{"", "/", "", syscall.MS_REC | syscall.MS_PRIVATE},
		{"proc", "/proc", "proc", syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC},
		{"lab", "/run", "tmpfs", syscall.MS_NOSUID | syscall.MS_NODEV},
	} {
		if err := syscall.Mount(m.source, m.target, m.kind, m.flags, ""); err != nil {
			return fmt.Errorf("mount %s in the lab: %w", m.target, err)
		}
	}
	return os.MkdirAll(scratch, 0o755)
}

// inherited returns the listeners that the outside has opened.
func inherited(n int) ([]net.Listener, error) {
	var out []net.Listener
	for i := range n {
		f := os.NewFile(uintptr(fdFirstAPI+i), "api")
		l, err := net.FileListener(f)
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("API outside the lab: %w", err)
		}
		out = append(out, l)
	}
	return out, nil
}

// qualities sets what links do from the start.
func (w *world) qualities(links map[string]string) error {
	for link, text := range links {
		q, err := ParseQuality(text)
		if err != nil {
			return fmt.Errorf("link %s: %w", link, err)
		}
		found := false
		for name, c := range w.cables {
			if link == "*" || link == name {
				found = true
				if err := errors.Join(c.set(Out, q[Out]), c.set(In, q[In])); err != nil {
					return err
				}
			}
		}
		if !found {
			return fmt.Errorf("link %s: no such uplink", link)
		}
	}
	return nil
}
