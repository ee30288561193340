package database

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"jembatan/health/replication"
	"jembatan/health/replication/gtid"
	"jembatan/tunnel"
)

// A Drain waits until a server has applied all that it has received. It never
// stops, starts or changes a replication thread: MariaDB throws unapplied relay
// logs away when the threads restart.
type Drain struct {
	Server Server
	// All is what the old active server held when it was fenced, for a planned
	// move: the server must hold that too. The zero value, after a failure: what
	// has been received is enough.
	All gtid.Set
}

// ErrNotDrained says that not everything received, or wanted, has been applied.
var ErrNotDrained = errors.New("not everything has been applied")

// A Drained is how far a drain came.
type Drained struct {
	Executed gtid.Set
	Behind   uint64 // transactions of All that are missing
	Applied  replication.Flag
	Took     time.Duration
}

// Ensure waits until ctx ends at most. Without any link nothing can have been received.
func (d Drain) Ensure(ctx context.Context) (Drained, error) {
	began := time.Now()
	for {
		out, err := d.Check(ctx)
		out.Took = time.Since(began)
		if err == nil {
			return out, nil
		}
		if pauseErr := pause(ctx, 20*time.Millisecond); pauseErr != nil {
			return out, err
		}
	}
}

// Check looks once. The error says what is missing.
func (d Drain) Check(ctx context.Context) (Drained, error) {
	o := d.Server.read(ctx)
	if o.Failure.Reason != replication.NoReason {
		return Drained{}, fmt.Errorf("drain %s: %s: %s", d.Server.Name, o.Failure.Reason, o.Failure.Detail)
	}
	out := Drained{Executed: o.Executed, Behind: gtid.Behind(o.Executed, d.All), Applied: replication.Applied(o)}
	switch {
	case out.Applied == replication.FlagUnknown:
		return out, fmt.Errorf("drain %s: %w: %w", d.Server.Name, ErrUnproven, ErrNotDrained)
	case out.Applied == replication.No, out.Behind > 0, o.Comparable != replication.Yes && !d.All.Empty():
		return out, fmt.Errorf("drain %s: %d transactions behind: %w", d.Server.Name, out.Behind, ErrNotDrained)
	}
	return out, nil
}

// StableState returns what a fenced server holds, when two readings agree: the
// All of a planned Drain.
func StableState(ctx context.Context, s Server) (gtid.Set, error) {
	var last *gtid.Set
	for {
		o := s.read(ctx)
		if o.Failure.Reason != replication.NoReason || o.Comparable != replication.Yes {
			return gtid.Set{}, fmt.Errorf("state of %s: %s %s: %w", s.Name, o.Failure.Reason, o.Failure.Detail, ErrUnproven)
		}
		if last != nil && last.Equal(o.Executed) {
			return o.Executed, nil
		}
		last = &o.Executed
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return gtid.Set{}, fmt.Errorf("state of %s: %w", s.Name, err)
		}
	}
}

// StopLink stops both threads of one link at once. MariaDB throws away what was
// received and not applied: on a survivor use Detach.
func StopLink(ctx context.Context, s Server, channel string) error {
	return s.link(ctx, "STOP", channel, "")
}

// StartLink starts the threads of one link.
func StartLink(ctx context.Context, s Server, channel string) error {
	return s.link(ctx, "START", channel, "")
}

func (s Server) link(ctx context.Context, verb, channel, thread string) error {
	if _, err := s.Admin.ExecContext(ctx, linkStatement(s.Engine, verb, channel, thread)); err != nil {
		return fmt.Errorf("%s on %s: %w", strings.ToLower(verb), s.Name, err)
	}
	return nil
}

// linkStatement is START or STOP of one thread of a link, or of both.
func linkStatement(e tunnel.DatabaseEngine, verb, channel, thread string) string {
	words := []string{verb, "REPLICA", thread, "FOR CHANNEL", quoted(channel)}
	if e == tunnel.MariaDB {
		words = []string{verb, "SLAVE", quoted(channel), thread}
	}
	return strings.Join(words, " ")
}
