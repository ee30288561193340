//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	actuate "jembatan/failover/actuator/database"
	"jembatan/tunnel"
)

// A database is MariaDB or MySQL on one server of a service: its member'th of all.
// It is set up as docs/reference/database.md says.
type database struct {
	h        *host
	engine   engine
	member   int // from 1
	all      int
	socket   string
	accounts actuate.Accounts
	semiSync bool
	boot     bool // replication starts with the server
	channels []string
	peers    []string // where the others of the service listen
}

// startDatabases brings databases up on the first n servers of each service that
// has some: a pair follows each other, three follow each the two others.
// The servers need not reach each other yet; they go on trying.
func (w *world) startDatabases(ctx context.Context, o *Options) error {
	n := o.Databases
	if n == 0 {
		return nil
	}
	if n < 0 || n > 3 {
		return errors.New("databases: 0..3")
	}
	groups := map[string][]*host{}
	for _, h := range w.hosts {
		if h.plan.DB != nil && len(groups[h.plan.Service]) < n {
			groups[h.plan.Service] = append(groups[h.plan.Service], h)
		}
	}
	if len(groups) == 0 {
		return nil
	}
	templates := map[tunnel.DatabaseEngine]template{}
	for _, group := range groups {
		kind := group[0].plan.DB.Engine
		if _, ok := templates[kind]; !ok {
			t, err := w.install(ctx, kind, o)
			if err != nil {
				return err
			}
			templates[kind] = t
		}
		if err := w.startGroup(ctx, group, templates[kind], o); err != nil {
			return err
		}
	}
	errs := []error{w.openDatabase(ctx, groups, o.Open)}
	for _, t := range templates {
		errs = append(errs, os.RemoveAll(t.dir))
	}
	return errors.Join(errs...)
}

// A template is an empty data directory of an engine.
type template struct {
	engine engine
	dir    string
}

func (w *world) install(ctx context.Context, kind tunnel.DatabaseEngine, o *Options) (template, error) {
	e, err := engineOf(ctx, kind, o)
	if err != nil {
		return template{}, err
	}
	t := template{e, filepath.Join(w.dir, "template-"+e.speaks().program)}
	return t, e.install(ctx, w, t.dir)
}

// startGroup brings the databases of one service up and joins them.
func (w *world) startGroup(ctx context.Context, group []*host, from template, o *Options) error {
	for i, h := range group {
		h.db = &database{
			h: h, engine: from.engine, member: i + 1, all: len(group), socket: filepath.Join(h.dir, "mysqld.sock"), accounts: accountsOf(h.plan.DB, w.secrets),
			semiSync: o.SemiSync || h.plan.DB.SemiSync, boot: o.ReplicateAtBoot,
		}
	}
	for i, h := range group {
		for j, other := range group {
			if j != i {
				h.db.peers = append(h.db.peers, fmt.Sprintf("%s:%d", other.plan.Address.Addr(), portOf(other.plan.DB)))
			}
		}
	}
	return each(len(group), func(i int) error {
		d := group[i].db
		if err := d.start(ctx, from.dir); err != nil {
			return err
		}
		if err := d.prepare(ctx); err != nil {
			return err
		}
		for j, source := range group {
			if j != i {
				if err := d.follow(ctx, source); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// Who is writable after the start; see Options.Open.
const (
	OpenFirst = "first"
	OpenNone  = "none"
)

// openDatabase lets one server of each service take writes, without a lease.
func (w *world) openDatabase(ctx context.Context, groups map[string][]*host, which string) error {
	if which == OpenNone {
		return nil
	}
	found := false
	for _, group := range groups {
		for i, h := range group {
			if which == h.name() || i == 0 && (which == "" || which == OpenFirst) {
				found = true
				if err := h.db.exec(ctx, h.db.engine.speaks().open); err != nil {
					return err
				}
			}
		}
	}
	if !found {
		return fmt.Errorf("open %s: it has no database", which)
	}
	return nil
}

// tail returns the last lines of a text, or those that tell of an error.
func tail(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	wrong := slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return !strings.Contains(line, "ERROR") })
	if len(wrong) > 0 {
		lines = wrong
	}
	return strings.Join(lines[max(0, len(lines)-8):], "\n")
}

// start copies the data directory and starts the server.
func (d *database) start(ctx context.Context, template string) error {
	data := filepath.Join(d.h.dir, "mysql")
	if err := os.CopyFS(data, os.DirFS(template)); err != nil {
		return fmt.Errorf("database of %s: %w", d.h.name(), err)
	}
	again := false
	err := d.h.add(d.engine.speaks().program, func() *exec.Cmd {
		defer func() { again = true }()
		return d.engine.boot(d, data, again)
	})
	if err != nil {
		return err
	}
	return d.ready(ctx)
}
