package database

import (
	"context"
	"errors"
	"fmt"
	"time"

	"jembatan/health/replication"
)

// A Guard does beside a server what the event does inside it, where events are
// not allowed: it turns the server read-only when the lease was not renewed.
type Guard struct {
	Server   Server
	Interval time.Duration // between two looks; zero means 500 ms
	// Report is told of every look that changed something or failed; nil: nobody.
	// It must return soon.
	Report func(Look)
}

// A Look is what one look found.
type Look struct {
	At      time.Time
	Lease   LeaseRow
	Expired bool  // and so it fenced
	Proof   Proof // of that fence
	Err     error
}

// Run looks until ctx ends, and then returns nil. It needs only the server's own
// machine: connect it over the Unix socket.
//
// The lease has run out when the server's clock says so, or when this process
// saw no renewal for the TTL by its own clock, which cannot be set. A paused
// machine stops both the server and the guard; when it goes on the guard needs
// one look to notice, and writes are taken until then. A guard that cannot reach
// the server can do nothing; what a dead server cannot do either is take writes.
func (g Guard) Run(ctx context.Context) error {
	var last watch
	tick := time.NewTicker(orDefault(g.Interval, 500*time.Millisecond))
	defer tick.Stop()
	for {
		look := g.look(ctx, &last)
		if ctx.Err() != nil {
			return nil
		}
		if g.Report != nil && (look.Err != nil || look.Expired) {
			g.Report(look)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// A watch is the last renewal that the guard saw, by its own clock.
type watch struct {
	renewals uint64
	at       time.Time
}

// ranOut reports whether a lease has expired at now, and notes renewals.
func (w *watch) ranOut(row LeaseRow, now time.Time) bool {
	if w.at.IsZero() || row.Renewals != w.renewals {
		*w = watch{row.Renewals, now}
	}
	return row.TTL > 0 && (row.Expired || now.Sub(w.at) > row.TTL)
}

func (g Guard) look(ctx context.Context, last *watch) Look {
	ctx, cancel := context.WithTimeoutCause(ctx, 10*time.Second, errors.New("the server does not answer"))
	defer cancel()
	began := time.Now()
	out := Look{At: began}
	conn, err := g.Server.Admin.Conn(ctx)
	if err != nil {
		out.Err = fmt.Errorf("guard %s: %w", g.Server.Name, err)
		return out
	}
	row, err := readLease(ctx, conn)
	var ordinary replication.Flag
	if err == nil {
		ordinary, _, err = g.Server.readOnly(ctx, conn)
	}
	_ = conn.Close()
	if err != nil {
		out.Err = fmt.Errorf("guard %s: %w", g.Server.Name, err)
		return out
	}
	out.Lease = row
	if !last.ranOut(row, began) || ordinary == replication.Yes {
		return out
	}
	out.Expired = true
	s := g.Server
	s.Lease = false // the guard has no epoch and changes no lease
	out.Proof, out.Err = Fence{Server: s, Grace: time.Millisecond, LockWait: time.Second}.Ensure(ctx)
	return out
}
