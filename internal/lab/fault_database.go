//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

// stopReplication stops the links of a database, or only the applying of what
// arrives.
func (h *host) stopReplication(rest []string) (func() error, error) {
	if h.db == nil {
		return nil, errNoDatabase(h)
	}
	say := h.db.engine.speaks()
	switch {
	case len(rest) == 0:
		return func() error { return h.sql(fmt.Sprintf(say.all, starting)) }, h.sql(fmt.Sprintf(say.all, stopping))
	case len(rest) == 1 && rest[0] == "applier":
		applier := func(verb string) error {
			return h.links(func(link string) string { return fmt.Sprintf(say.applier, verb, link) })
		}
		return func() error { return applier(starting) }, applier(stopping)
	}
	return nil, errors.New("want nothing or \"applier\" after the host")
}

// links runs a statement for each link of a database.
func (h *host) links(statement func(link string) string) error {
	var statements []string
	for _, c := range h.db.channels {
		statements = append(statements, statement(c))
	}
	return h.sql(statements...)
}

// lag lets a database apply what arrives later by a number of seconds. Changing
// that stops its links for a moment.
func (h *host) lag(rest []string) (func() error, error) {
	if h.db == nil {
		return nil, errNoDatabase(h)
	}
	if len(rest) != 1 {
		return nil, errors.New("by how much?")
	}
	d, err := time.ParseDuration(rest[0])
	if err != nil || d <= 0 {
		return nil, fmt.Errorf("%q is no time to lag behind", rest[0])
	}
	say := h.db.engine.speaks()
	set := func(seconds int) error {
		delay := func(link string) string { return fmt.Sprintf(say.delay, link, seconds) }
		return errors.Join(h.sql(fmt.Sprintf(say.all, stopping)), h.links(delay), h.sql(fmt.Sprintf(say.all, starting)))
	}
	return func() error { return set(0) }, set(int(math.Ceil(d.Seconds())))
}

// lockTables holds locks in a session of the application: on a table or, without
// one, on all tables by FLUSH TABLES WITH READ LOCK. Whoever kills the session has
// them released.
func (h *host) lockTables(ctx context.Context, rest []string) (func() error, error) {
	if h.db == nil {
		return nil, errNoDatabase(h)
	}
	statement := "FLUSH TABLES WITH READ LOCK"
	switch len(rest) {
	case 0:
	case 1:
		statement = "LOCK TABLES lab.`" + rest[0] + "` WRITE"
	default:
		return nil, errors.New("one table of the schema lab, or none for all")
	}
	ctx, cancel := context.WithTimeout(ctx, dbReady)
	defer cancel()
	conn, end, err := h.db.session(context.WithoutCancel(ctx), dbApplication, dbPassword)
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, statement); err != nil {
		end()
		return nil, err
	}
	return func() error { end(); return nil }, nil
}

func errNoDatabase(h *host) error {
	return fmt.Errorf("%s has no database: lab up --databases 2", h.name())
}
