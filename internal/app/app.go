// Package app puts the program together: it reads a topology file, resolves its
// secrets, opens the fleet of routers, and offers what the commands do as
// functions.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/rs/zerolog"

	"jembatan/internal/config"
	"jembatan/routeros"
	"jembatan/tunnel"
	"jembatan/tunnel/apply"
	"jembatan/tunnel/spec"
)

// An App is one topology with the fleet of its routers. Close it.
type App struct {
	Topology *tunnel.Topology

	settings config.Settings
	log      zerolog.Logger
	env      Lookup
	fleet    *routeros.Fleet
	file     string
	routers  map[string]routeros.Target
	dials    chan struct{} // places for dials past the fleet
	notices  []string
	seal     *apply.Sealer
}

// Options are what an App is made from.
type Options struct {
	Settings config.Settings
	Log      zerolog.Logger
	Env      Lookup
}

// Load reads and checks a topology file. The error may be spec.Problems.
func Load(file string) (*tunnel.Topology, error) {
	src, err := readTopology(file)
	if err != nil {
		return nil, err
	}
	t, problems := spec.Parse(file, src)
	return t, problems.Err()
}

// readTopology reads a file that is no larger than a topology may be; what is
// larger is read just far enough for the parser to say so.
func readTopology(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("topology: %w", err)
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, spec.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("topology: %w", err)
	}
	return src, nil
}

// Open loads a topology and prepares a session for each of its routers. Nothing
// is dialed yet. Every password or certificate file that is missing is in the
// error.
func Open(file string, opts Options) (*App, error) {
	t, err := Load(file)
	if err != nil {
		return nil, err
	}
	a, err := openTopology(t, opts)
	if err != nil {
		return nil, err
	}
	a.file = file
	return a, nil
}

// openTopology prepares a session for each router of a topology.
func openTopology(t *tunnel.Topology, opts Options) (*App, error) {
	a := &App{Topology: t, settings: opts.Settings, log: opts.Log, env: opts.Env, seal: apply.NewSealer()}
	targets, err := a.targets()
	if err != nil {
		return nil, err
	}
	a.routers, a.dials = targets, make(chan struct{}, opts.Settings.Fleet.Dials)
	a.fleet = routeros.NewFleet(routeros.FleetOptions{Routers: targets, Dials: opts.Settings.Fleet.Dials})
	return a, nil
}

// targets resolves how every router is reached.
func (a *App) targets() (map[string]routeros.Target, error) {
	targets := map[string]routeros.Target{}
	var errs []error
	said := map[string]bool{}
	fail := func(err error) {
		if !said[err.Error()] {
			said[err.Error()] = true
			errs = append(errs, err)
		}
	}
	plain := 0
	for _, r := range a.Topology.Routers {
		password, err := a.password(r.Credentials.Password)
		if err != nil {
			fail(fmt.Errorf("password of the routers' user %q: %w", r.Credentials.User, err))
		}
		tls, err := tlsOptions(r.Credentials.TLS)
		if err != nil {
			fail(err)
		}
		if r.Credentials.TLS.Off {
			plain++
		}
		targets[r.Name] = routeros.Target{Addr: r.Address, Options: routeros.Options{
			User: r.Credentials.User, Password: password, TLS: tls, DialTimeout: a.settings.Fleet.DialTimeout,
		}}
	}
	if plain > 0 {
		a.log.Warn().Int("routers", plain).Msg("tls: off sends passwords and configuration in clear")
	}
	return targets, errors.Join(errs...)
}

// password resolves a login; a topology that names none means an empty one.
func (a *App) password(ref tunnel.SecretRef) (routeros.Secret, error) {
	if ref.IsZero() {
		return "", nil
	}
	return a.Secret(ref)
}

// tlsOptions returns how a router proves who it is; nil is plaintext.
func tlsOptions(t tunnel.TLS) (*routeros.TLSOptions, error) {
	if t.Off {
		return nil, nil //nolint:nilnil // Nil options mean plaintext.
	}
	out := &routeros.TLSOptions{Fingerprint: t.Fingerprint}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("certificate authority: %w", err)
		}
		out.CA = pem
	}
	return out, nil
}

// Secret resolves a secret of the topology.
func (a *App) Secret(ref tunnel.SecretRef) (routeros.Secret, error) { return Secret(a.env, ref) }

// Close ends all sessions.
func (a *App) Close() { _ = a.fleet.Close() } // Close of a fleet never fails.

// connect is the fleet's session of a router, each call bounded.
func (a *App) connect(ctx context.Context, router string) (routeros.Caller, error) {
	s, err := a.fleet.Session(ctx, router)
	if err != nil {
		return nil, err
	}
	return timed{s, a.settings.Fleet.CallTimeout}, nil
}

// timed bounds every call of a Caller.
type timed struct {
	*routeros.Session

	limit time.Duration
}

// Call implements routeros.Caller.
func (c timed) Call(ctx context.Context, req routeros.Request) (routeros.Reply, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.limit, fmt.Errorf("no answer within %v", c.limit))
	defer cancel()
	return c.Session.Call(ctx, req)
}
