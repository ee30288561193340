package database

import (
	"context"
	"fmt"
	"net/netip"

	"jembatan/health/replication"
	"jembatan/health/replication/gtid"
	"jembatan/tunnel"
)

// A Rejoin brings a server back that was away: compared first, while nothing
// flows in either direction, and joined only if it holds nothing of its own.
type Rejoin struct {
	Returned Server
	Active   Server
	// Silent: it is not to acknowledge while it catches up. Somebody else does so,
	// and a commit may wait for one only.
	Silent bool
	// SemiSync turns the source side of the returned server off: what it applies
	// would wait for a standby of its own.
	SemiSync bool
}

// A Comparison is what a returned server holds against the active one.
type Comparison struct {
	Fenced  replication.Flag // the returned server refuses ordinary writes
	Running bool             // its threads, or the active server's towards it, run already
	Missing gtid.Set         // what it will be sent
	Own     bool             // among it are transactions of its own
	// Surplus is what it alone holds: it was acknowledged to clients and nobody
	// else has it. A server with a surplus is never joined; a person decides.
	Surplus gtid.Set
	Changes []Change // of the surplus, as far as its binary log tells
	// ChangesKnown is No when the log no longer holds them all, and Unknown when
	// it could not be read.
	ChangesKnown replication.Flag
	// Back and Forth are the channels by which the returned server reads from
	// the active one, and the other way. Known is whether they exist.
	Back, Forth           string
	BackKnown, ForthKnown bool
}

// A DirtyError says that the returned server must not be joined.
type DirtyError struct {
	Server     string
	Comparison Comparison
}

// Error counts the surplus.
func (e *DirtyError) Error() string {
	return fmt.Sprintf("%s holds %s, which the active server lacks", e.Server, e.Comparison.Surplus)
}

// Check compares, and changes nothing. The surplus is listed by transaction and table.
func (r Rejoin) Check(ctx context.Context) (Comparison, error) {
	// The returned one first: what it holds and the active one gains meanwhile is
	// no surplus.
	back := r.Returned.read(ctx)
	active := r.Active.read(ctx)
	for _, o := range []replication.Observation{back, active} {
		if o.Failure.Reason != replication.NoReason || o.Comparable != replication.Yes {
			return Comparison{}, fmt.Errorf("compare %s: %s %s: %w", o.Server, o.Failure.Reason, o.Failure.Detail, ErrUnproven)
		}
	}
	c := Comparison{
		Fenced: back.ReadOnly, Missing: active.Executed.Minus(back.Executed), Surplus: back.Executed.Minus(active.Executed),
		ChangesKnown: replication.Yes,
	}
	c.Own = !c.Missing.Of(back.Self.Wrote).Empty()
	c.Back, c.BackKnown, c.Running = between(back, active, r.Active.Address)
	var running bool
	c.Forth, c.ForthKnown, running = between(active, back, r.Returned.Address)
	c.Running = c.Running || running
	if c.Surplus.Empty() {
		return c, nil
	}
	changes, known, err := surplus(ctx, r.Returned, c.Surplus)
	c.Changes, c.ChangesKnown = changes, known
	if err != nil {
		c.ChangesKnown = replication.FlagUnknown
	}
	return c, &DirtyError{r.Returned.Name, c}
}

// Ensure compares and, if the returned server is clean and fenced, lets it catch
// up, and then lets the active server read from it again. ctx bounds the
// catching up. A DirtyError leaves everything as it was.
func (r Rejoin) Ensure(ctx context.Context) (Comparison, error) {
	c, err := r.Check(ctx)
	if err != nil {
		return c, err
	}
	if c.Fenced != replication.Yes {
		return c, fmt.Errorf("rejoin %s: it is not read-only: %w", r.Returned.Name, ErrUnproven)
	}
	if !c.BackKnown {
		return c, fmt.Errorf("rejoin %s: no link from %s is configured: %w", r.Returned.Name, r.Active.Name, ErrUnproven)
	}
	if err := rewind(ctx, r.Returned, r.Returned.read(ctx)); err != nil {
		return c, err
	}
	if err := r.side(ctx, c); err != nil {
		return c, fmt.Errorf("rejoin %s: %w", r.Returned.Name, err)
	}
	if err := r.unhindered(ctx); err != nil {
		return c, fmt.Errorf("rejoin %s: %w", r.Returned.Name, err)
	}
	if err := StartLink(ctx, r.Returned, c.Back); err != nil {
		return c, err
	}
	active := r.Active.read(ctx)
	if active.Comparable != replication.Yes {
		return c, fmt.Errorf("rejoin %s: %s does not answer: %w", r.Returned.Name, r.Active.Name, ErrUnproven)
	}
	if _, err := (Drain{Server: r.Returned, All: active.Executed}).Ensure(ctx); err != nil {
		return c, fmt.Errorf("rejoin: %w", err)
	}
	if c.ForthKnown {
		return c, StartLink(ctx, r.Active, c.Forth)
	}
	return c, nil
}

func (r Rejoin) unhindered(ctx context.Context) error {
	if !r.SemiSync {
		return nil
	}
	conn, err := r.Returned.Admin.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	return r.Returned.waitsForNobody(ctx, conn)
}

// side switches the replica side of semi-sync before the links start: on where the
// server has to take back transactions of its own, which it passes over otherwise
// (MariaDB), and else off if somebody else acknowledges.
func (r Rejoin) side(ctx context.Context, c Comparison) error {
	back := c.Own && r.Returned.Engine == tunnel.MariaDB
	if c.Running || !back && !r.Silent {
		return nil
	}
	return Acker{Server: r.Returned, On: back}.set(ctx)
}

// between finds the channel by which to reads from from: by what from calls
// itself, or, since a link that has had no contact since its server was started
// does not know its source, by the address in its configuration. The only link of
// a server is taken where neither is known.
func between(to, from replication.Observation, address netip.Addr) (channel string, known, running bool) {
	for _, l := range to.Links {
		same := l.Source.UUID != "" && l.Source.UUID == from.Self.UUID || l.Source.UUID == "" && l.Source.ID != 0 && l.Source.ID == from.Self.ID
		if l.Source == (replication.Identity{}) {
			host, err := netip.ParseAddr(l.Host)
			same = err == nil && host == address || len(to.Links) == 1
		}
		if same {
			return l.Channel, true, l.IO == replication.Running && l.SQL == replication.Running
		}
	}
	return "", false, false
}
