package database

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"jembatan/health/replication"
)

// Detach ends the reading from a lost server without losing what has arrived:
// it stops the receiving thread alone, waits until everything is applied, and
// only then stops the applying one. Between a drain and a plain stop something
// may still arrive, be acknowledged to the source's clients by semi-sync, and be
// thrown away with the relay log. If ctx ends first the applying thread is left running.
func Detach(ctx context.Context, s Server, channel string) (Drained, error) {
	d, err := Deafen(ctx, s, channel)
	if err != nil {
		return Drained{}, err
	}
	return d.Finish(ctx)
}

// A Deafened is a server that takes nothing in any more from another one. Its
// receiving thread may still be on its way out.
type Deafened struct {
	server  Server
	channel string
	stopped <-chan error // the answer of the statement that stops the thread
}

// stopLimit bounds a stop: a thread that reads from a silent server wakes up two
// seconds later, and one that connects when that times out.
const stopLimit = 15 * time.Second

// Deafen stops the receiving thread of a link and returns as soon as it takes
// nothing in any more: it has ended, or the server says that it is ending it. The
// thread looks whether it is to end after each read and before it keeps what it
// has read (handle_slave_io in MariaDB and MySQL), but it may be two seconds in
// a read from a server that is silent. Finish it.
func Deafen(ctx context.Context, s Server, channel string) (*Deafened, error) {
	fail := func(err error) (*Deafened, error) { return nil, fmt.Errorf("detach %s: %w", s.Name, err) }
	conn, err := s.Admin.Conn(ctx)
	if err != nil {
		return fail(err)
	}
	var id uint64
	if err := conn.QueryRowContext(ctx, "SELECT CONNECTION_ID()").Scan(&id); err != nil {
		_ = conn.Close()
		return fail(err)
	}
	stopped := make(chan error, 1)
	go func() {
		defer func() { _ = conn.Close() }()
		own, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
		defer cancel()
		_, err := conn.ExecContext(own, linkStatement(s.Engine, "STOP", channel, "IO_THREAD"))
		stopped <- err
	}()
	d := &Deafened{s, channel, stopped}
	for {
		select {
		case err := <-stopped:
			if errno(err) != 0 {
				return fail(err)
			}
			return d, d.ended(ctx)
		default:
		}
		if ending, err := s.ending(ctx, id); err != nil {
			return fail(err)
		} else if ending {
			return d, nil
		}
		if err := pause(ctx, 2*time.Millisecond); err != nil {
			return fail(err)
		}
	}
}

// ending reports whether a session is ending replication threads.
func (s Server) ending(ctx context.Context, id uint64) (bool, error) {
	var state sql.NullString
	err := s.Admin.QueryRowContext(ctx, "SELECT COALESCE(MAX(STATE),'') FROM information_schema.PROCESSLIST WHERE ID=?", id).Scan(&state)
	return strings.HasPrefix(state.String, "Killing "), err
}

// Finish waits until the receiving thread has ended and everything is applied,
// and stops the applying thread. If ctx ends first that is left running; once
// the stop is on its way it is waited for, so that nothing stops the link after
// Finish has returned.
func (d *Deafened) Finish(ctx context.Context) (Drained, error) {
	if err := d.ended(ctx); err != nil {
		return Drained{}, err
	}
	out, err := Drain{Server: d.server}.Ensure(ctx)
	if err != nil {
		return out, fmt.Errorf("detach: %w", err)
	}
	if ctx.Err() != nil {
		return out, fmt.Errorf("detach %s: %w", d.server.Name, context.Cause(ctx))
	}
	own, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
	defer cancel()
	return out, StopLink(own, d.server, d.channel)
}

// ended waits until the receiving thread is seen stopped.
func (d *Deafened) ended(ctx context.Context) error {
	for {
		o := d.server.read(ctx)
		for _, l := range o.Links {
			if l.Channel == d.channel && l.IO == replication.Stopped {
				return nil
			}
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return fmt.Errorf("detach %s: the receiving thread has not ended: %w", d.server.Name, ErrUnproven)
		}
	}
}
