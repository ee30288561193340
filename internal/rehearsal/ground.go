//go:build linux

package rehearsal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"jembatan/failover"
	"jembatan/failover/runner"
	"jembatan/health"
	"jembatan/internal/lab"
	"jembatan/routeros"
	"jembatan/tunnel"
	"jembatan/tunnel/spec"
)

// A ground is a lab with everything that a rehearsal needs, in its first state.
type ground struct {
	dir      string
	topology *tunnel.Topology
	of       *tunnel.Service
	lab      *lab.Lab
	control  *controller
	clients  *clients
	rivals   *rivals // nil unless the scenario has them
	log      *bytes.Buffer
}

// prepare makes a lab of a variant, provisions it with the program, starts the
// controller, and returns when all servers are proven healthy and in sync and every
// client is served. The caller ends it.
func prepare(ctx context.Context, name string, v Variant, o Options) (g *ground, err error) {
	source, err := v.Source()
	if err != nil {
		return nil, err
	}
	g = &ground{log: &bytes.Buffer{}}
	var problems spec.Problems
	if g.topology, problems = spec.Parse(name, source); problems.Err() != nil {
		return nil, problems.Err()
	}
	g.of = &g.topology.Services[0]
	if g.dir, err = os.MkdirTemp("", "rehearsal"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			g.keep(o.Trace)
			err = errors.Join(err, g.end(), fmt.Errorf("its lab: %s", g.log))
			g = nil
		}
	}()
	g.lab, err = lab.Start(ctx, lab.Options{
		Name: fmt.Sprintf("rehearsal-%d-%s", os.Getpid(), filepath.Base(g.dir)), File: name, Source: source,
		Secrets: map[string]string{"env:JEMBATAN_PASSWORD": "secret", "env:JEMBATAN_DB_PASSWORD": "db"},
		Clients: 2, Controller: "mlg", Databases: len(g.of.Servers), MySQLRoot: o.MySQLRoot, Open: lab.OpenNone, SemiSync: v.SemiSync(), Log: g.log,
	})
	if err != nil {
		return g, err
	}
	inside, err := g.provision(ctx, source, o.Binary)
	if err != nil {
		return g, err
	}
	g.control = startController(ctx, g.lab.Client, g.of.Name, o.Binary, inside, g.dir)
	if err = g.control.await(ctx, "first state", firstState, g.first(v)); err != nil {
		return g, err
	}
	g.clients, err = startClients(ctx, g, o)
	return g, err
}

// firstState is how long a lab may take until everything is well.
const firstState = 30 * time.Second

// first says what the first state is: the first server active, open and healthy,
// every other one healthy and in sync, nothing under way and nothing owed; and with
// semi-sync the next one is known to hold what was acknowledged.
func (g *ground) first(v Variant) func(runner.Status) bool {
	main := g.of.Servers[0].Name
	return func(s runner.Status) bool {
		if s.Phase != failover.Normal || s.Active != main || s.Writable != main || s.Move != nil || len(s.Owed)+len(s.Degraded)+len(s.Blocked) > 0 {
			return false
		}
		for i, server := range s.Servers {
			well := server.Health.Verdict == health.Healthy && (server.Active && server.Open || server.Sync == failover.InSync)
			if !well || i == 1 && v.SemiSync() && server.LosslessAt.IsZero() {
				return false
			}
		}
		return true
	}
}

// insideFile is the topology of a controller inside, in the ground's directory.
const insideFile = "inside.yaml"

// provision applies the topology and returns the file for a controller inside.
func (g *ground) provision(ctx context.Context, source []byte, binary string) (inside string, err error) {
	outside := filepath.Join(g.dir, "outside.yaml")
	inside = filepath.Join(g.dir, insideFile)
	for file, endpoints := range map[string]map[string]spec.Endpoint{outside: g.lab.Endpoints(), inside: g.lab.Inside()} {
		text, err := spec.Rewrite(source, endpoints)
		if err == nil {
			err = os.WriteFile(file, text, 0o600)
		}
		if err != nil {
			return "", err
		}
	}
	cmd := exec.CommandContext(ctx, binary, "apply", "-f", outside, "--yes") //nolint:gosec // The program under test.
	cmd.Env = append(append(os.Environ(), "XDG_STATE_HOME="+g.dir), secrets()...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("apply: %w: %s", err, out)
	}
	return inside, nil
}

// dial logs in to a router as its administrator.
func (g *ground) dial(ctx context.Context, router string) (*routeros.Session, error) {
	e := g.lab.Endpoints()[router]
	return routeros.Dial(ctx, e.Address, routeros.Options{
		User: "admin", TLS: &routeros.TLSOptions{Fingerprint: e.Fingerprint}, DialTimeout: 5 * time.Second,
	})
}

// end ends everything and removes its files.
func (g *ground) end() error {
	var errs []error
	if g.clients != nil {
		_, err := g.clients.stop()
		errs = append(errs, err)
	}
	if g.rivals != nil {
		_, err := g.rivals.stop(time.Time{})
		errs = append(errs, err)
	}
	if g.control != nil {
		_ = g.control.end() // How it ended was looked at, or does not matter any more.
	}
	if g.lab != nil {
		errs = append(errs, g.lab.Close())
	}
	return errors.Join(append(errs, os.RemoveAll(g.dir))...)
}

// keep copies the controller's log to w.
func (g *ground) keep(w io.Writer) {
	if g.control == nil {
		return
	}
	b, err := os.ReadFile(g.control.log)
	if err == nil {
		_, _ = w.Write(b) // It is for people.
	}
}
