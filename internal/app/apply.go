package app

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"jembatan/routeros"
	"jembatan/tunnel/apply"
	"jembatan/tunnel/guard"
	"jembatan/tunnel/journal"
	"jembatan/tunnel/plan"
)

// ApplyOptions say how a plan is carried out.
type ApplyOptions struct {
	// Stop, once closed, begins no further unit. Nil means never.
	Stop <-chan struct{}
	// Progress and Armed are told what happens; nil means nobody is.
	Progress func(apply.Event)
	Armed    func([]*guard.Guard)
	// Kinds are the guards that may be used; empty means safe mode and scheduler.
	Kinds []guard.Kind
	// Confirm, above zero, keeps the guards armed for that long unless a person
	// confirms.
	Confirm time.Duration
	// AllowDown accepts new tunnels that do not run.
	AllowDown bool
}

// Apply locks the routers that p touches, makes sure that they are still what p
// was made from, and carries p out under guards. A *apply.LockedError or
// *apply.ChangedError means that nothing was done, and so does every other error
// without a result.
func (a *App) Apply(ctx context.Context, p *plan.Plan, o ApplyOptions) (*apply.Result, error) {
	for _, ref := range p.Secrets() {
		if _, err := a.Secret(ref); err != nil {
			return nil, err
		}
	}
	id := newID()
	w, err := journal.Create(a.stateDir(), journal.Record{
		At: time.Now(), ID: id, Holder: holder(), File: a.absolute(), Addresses: a.addresses(touched(p)), Plan: p,
	})
	if err != nil {
		return nil, err
	}
	defer func() { _ = w.Close() }() // All that matters was synced.
	end := journal.Record{What: journal.End, Result: journal.Undone}
	unlock, err := apply.LockOver(ctx, a.connect, touched(p), holder(), isDead)
	if err != nil {
		end.At = time.Now()
		return nil, errors.Join(err, w.Append(end))
	}
	result, err := a.locked(ctx, p, id, w, o)
	uerr := unlock(context.WithoutCancel(ctx))
	ended := true
	if result != nil {
		end, ended = result.End()
	}
	if uerr == nil && ended {
		end.At = time.Now()
		uerr = w.Append(end)
	}
	return result, errors.Join(err, uerr)
}

// locked carries p out while the routers are locked.
func (a *App) locked(ctx context.Context, p *plan.Plan, id string, w *journal.Writer, o ApplyOptions) (*apply.Result, error) {
	before := a.observe(ctx, false)
	if err := apply.Recheck(p, before); err != nil {
		return nil, err
	}
	if err := stillArmed(before, touched(p)); err != nil {
		return nil, err
	}
	start, wait := time.Now(), a.settings.Apply.GuardTime
	if o.Confirm > 0 {
		wait = o.Confirm
	}
	result, err := apply.Guarded(ctx, p, a.connect, a.Secret, apply.Options{
		Parallel: a.settings.Apply.Parallel, StepTimeout: a.settings.Fleet.CallTimeout,
		UndoTimeout: a.settings.Apply.UndoTimeout, Stop: o.Stop, Progress: o.Progress,
	}, apply.GuardOptions{
		ID: id, Holder: holder(), Kinds: o.Kinds, For: wait, Confirm: o.Confirm > 0,
		VerifyTimeout: a.settings.Apply.VerifyTime, AllowDown: o.AllowDown,
		Fresh: a.fresh, Before: before, Record: w.Append, Armed: o.Armed,
	})
	if err != nil {
		return nil, err
	}
	a.log.Info().Int("units", len(p.Units)).Int("applied", result.Count(apply.Applied)).
		Dur("took", time.Since(start)).Msg("plan carried out")
	return result, nil
}

// stillArmed refuses routers on which a guard of another apply waits, because
// it would take our change back with that one. We have the lock, so nobody is at
// work there.
func stillArmed(before []*plan.Observed, routers []string) error {
	var errs []error
	for _, o := range before {
		if !slices.Contains(routers, o.Router) {
			continue
		}
		for _, l := range apply.LeftGuards(o) {
			errs = append(errs, fmt.Errorf("%s: the guard %s of %s is still armed: jembatan confirm or recover first", o.Router, l.Name, l.Note.Holder))
		}
	}
	return errors.Join(errs...)
}

// fresh dials a router past the fleet.
func (a *App) fresh(ctx context.Context, router string) (routeros.Caller, func(), error) {
	t, ok := a.routers[router]
	if !ok {
		return nil, nil, fmt.Errorf("router %s: %w", router, routeros.ErrUnknownRouter)
	}
	select {
	case a.dials <- struct{}{}:
		defer func() { <-a.dials }()
	case <-ctx.Done():
		return nil, nil, context.Cause(ctx)
	}
	s, err := routeros.Dial(ctx, t.Addr, t.Options)
	if err != nil {
		return nil, nil, err
	}
	return s, func() { _ = s.Close() }, nil
}

// stateDir is where journals are kept.
func (a *App) stateDir() string { return StateDir(a.settings.StateDir, a.env) }

// StateDir is the directory of journals: the one that is set, else below
// $XDG_STATE_HOME, else /var/lib/jembatan for root and ~/.local/state/jembatan
// for everybody else.
func StateDir(set string, env Lookup) string {
	if set != "" {
		return filepath.Join(set, "applies")
	}
	if dir, ok := env("XDG_STATE_HOME"); ok && filepath.IsAbs(dir) {
		return filepath.Join(dir, "jembatan", "applies")
	}
	if os.Geteuid() == 0 {
		return "/var/lib/jembatan/applies"
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = os.TempDir()
	}
	return filepath.Join(home, ".local", "state", "jembatan", "applies")
}

func (a *App) absolute() string {
	if path, err := filepath.Abs(a.file); err == nil {
		return path
	}
	return a.file
}

// addresses are those of routers, by name; nil is every router.
func (a *App) addresses(routers []string) map[string]string {
	out := map[string]string{}
	for _, r := range a.Topology.Routers {
		if routers == nil || slices.Contains(routers, r.Name) {
			out[r.Name] = r.Address
		}
	}
	return out
}

func newID() string {
	b := make([]byte, 4)
	if _, err := rand.Read(b); err != nil {
		panic(err) // crypto/rand.Read never fails on the systems we run on.
	}
	return hex.EncodeToString(b)
}

// touched returns the routers that a plan changes.
func touched(p *plan.Plan) []string {
	var routers []string
	for _, u := range p.Units {
		for _, r := range u.Routers {
			if !slices.Contains(routers, r) {
				routers = append(routers, r)
			}
		}
	}
	return routers
}

// holder names this process for the routers' locks.
func holder() string {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s@%s[%d]", name, host, os.Getpid())
}

// isDead reports whether a holder is a process of this host that is gone.
func isDead(name string) bool {
	mine := apply.CleanHolder(holder())
	at, _, ok := strings.Cut(mine[strings.IndexByte(mine, '@'):], "[")
	if !ok {
		return false
	}
	_, rest, ok := strings.Cut(name, at+"[")
	pid, err := strconv.Atoi(strings.TrimSuffix(rest, "]"))
	if !ok || err != nil || pid <= 0 {
		return false
	}
	return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}
