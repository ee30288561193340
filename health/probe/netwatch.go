package probe

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"jembatan/health"
	"jembatan/routeros"
)

// A Follower is a session that can be listened to; *routeros.Session is one.
type Follower interface {
	routeros.Caller
	Follow(ctx context.Context, menu string, proplist []string, opts routeros.FollowOptions) (*routeros.Follow, error)
	Version(ctx context.Context) (routeros.Version, error)
}

// A Watched is one row of a router's netwatch.
type Watched struct {
	Server  string
	Probe   string // what its samples are called
	Comment string // our mark: the row is found by it
	Host    netip.Addr
	Port    uint16 // 0: icmp; else tcp-conn, from RouterOS 7.4
}

// A Watch turns a router's netwatch into samples. Netwatch speaks only when
// something changes, so its table is also read each Interval, which is a sample
// of every row for as long as the router is heard from; when it is not, the
// vantage falls silent and abstains.
//
// Netwatch has no count of misses of its own and sleeps five minutes after a
// boot; until its first word a row gives no sample. Source: MikroTik manual,
// "Netwatch".
type Watch struct {
	Vantage  string
	Router   Follower
	Rows     []Watched
	Interval time.Duration // default 1 s
}

const netwatchMenu = "/tool/netwatch"

// Ensure makes the router hold the rows, probing each Interval with a timeout as
// long. Releases whose netwatch has no types ping; a row with a port is refused
// by them.
func (w *Watch) Ensure(ctx context.Context) error {
	v, err := w.Router.Version(ctx)
	if err != nil {
		return fmt.Errorf("netwatch of %s: %w", w.Vantage, err)
	}
	every := routeros.FormatDuration(w.interval())
	for _, r := range w.Rows {
		want := routeros.FieldsOf("host", r.Host.String(), "interval", every, "timeout", every)
		switch {
		case r.Port != 0:
			want = append(want, routeros.FieldsOf("type", "tcp-conn", "port", fmt.Sprint(r.Port))...)
		case v.Capabilities().NetwatchTypes:
			want = append(want, routeros.FieldsOf("type", "icmp")...)
		}
		if _, _, err := routeros.Ensure(ctx, w.Router, netwatchMenu, routeros.FieldsOf("comment", r.Comment), want); err != nil {
			return fmt.Errorf("netwatch of %s for %s: %w", w.Vantage, r.Server, err)
		}
	}
	return nil
}

func (w *Watch) interval() time.Duration {
	if w.Interval <= 0 {
		return time.Second
	}
	return w.Interval
}

// errEnded is why Run ends when the router ended the listening.
var errEnded = errors.New("the router ended the listening")

// Run hands samples to sink until ctx ends, and then returns nil; or until the
// router cannot be heard any more, and then says why. It listens before it
// lists, so that no change falls between, and asks the router for the list each
// interval: that is how it knows that the router is there.
func (w *Watch) Run(ctx context.Context, sink func(health.Sample)) error {
	err := w.follow(ctx, sink)
	if ctx.Err() != nil {
		err = nil
	}
	if err != nil {
		return fmt.Errorf("netwatch of %s: %w", w.Vantage, err)
	}
	return nil
}

func (w *Watch) follow(ctx context.Context, sink func(health.Sample)) error {
	follow, err := w.Router.Follow(ctx, netwatchMenu, []string{"comment", "status"}, routeros.FollowOptions{})
	if err != nil {
		return err
	}
	defer func() { _ = follow.Close() }() // It has no error.
	tick := time.NewTicker(w.interval())
	defer tick.Stop()
	if err := w.list(ctx, sink); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			// An answer now is worth more than a memory of one.
			if err := w.list(ctx, sink); err != nil {
				return err
			}
		case e, open := <-follow.Events():
			if !open {
				return errors.Join(errEnded, follow.Err())
			}
			w.tell(e.Row, sink)
		}
	}
}

// list hands on what every row says now.
func (w *Watch) list(ctx context.Context, sink func(health.Sample)) error {
	ctx, cancel := context.WithTimeout(ctx, w.interval()+routerGrace)
	defer cancel()
	rows, err := routeros.Print(ctx, w.Router, netwatchMenu, []string{"comment", "status"})
	if err != nil {
		return err
	}
	for _, row := range rows {
		w.tell(row, sink)
	}
	return nil
}

// tell makes a sample of a row that is ours and says something.
func (w *Watch) tell(row routeros.Row, sink func(health.Sample)) {
	comment, _ := row.Get("comment")
	status, _ := row.Get("status")
	for _, r := range w.Rows {
		if comment == "" || r.Comment != comment {
			continue
		}
		s := health.Sample{Server: r.Server, Probe: r.Probe, Vantage: w.Vantage, At: time.Now()}
		switch status {
		case "up":
			s.OK = true
		case "down":
			s.Reason = health.Timeout
		default:
			continue
		}
		sink(s)
	}
}
