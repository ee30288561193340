package probe

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
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
// A row that says "up" is an answer to a test that began at most a test's interval
// and its timeout ago, and that is what the sample says. One that says "down" counts
// only after it was up once: a router that a firewall keeps from a port says nothing
// about the server. And as netwatch has no count of misses of its own, and one lost
// packet is enough for it, "down" counts when it has lasted for two tests, or while
// somebody else misses the same: see Seconded.
//
// Netwatch sleeps five minutes after a boot unless told otherwise; until its first
// word a row gives no sample. Source: MikroTik manual, "Netwatch".
//
// What the rows have said so far is kept from one Run to the next, of which only
// one may be under way.
type Watch struct {
	Vantage  string
	Router   Follower
	Rows     []Watched
	Interval time.Duration // between two samples; default 1 s

	// Every is the time between two tests of a row, and Timeout the longest that one
	// takes; default Interval.
	Every, Timeout time.Duration
	// Seconded reports whether somebody else misses what the row watches at this
	// moment; nil: nobody does. It must return at once.
	Seconded func(r Watched) bool

	said map[string]*said // by comment
}

// said is what a row has said so far.
type said struct {
	status string
	since  time.Time // when it was first seen to say so
	up     bool      // it was up once
}

const netwatchMenu = "/tool/netwatch"

// Ensure makes the router hold the rows, probing at Every with a timeout as long.
// Releases whose netwatch has no types ping; a row with a port is refused
// by them.
func (w *Watch) Ensure(ctx context.Context) error {
	v, err := w.Router.Version(ctx)
	if err != nil {
		return fmt.Errorf("netwatch of %s: %w", w.Vantage, err)
	}
	every := routeros.FormatDuration(w.every())
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

func (w *Watch) every() time.Duration {
	if w.Every <= 0 {
		return w.interval()
	}
	return w.Every
}

// age is how long ago the latest test of a row can have begun.
func (w *Watch) age() time.Duration {
	if w.Timeout <= 0 {
		return 2 * w.every()
	}
	return w.every() + w.Timeout
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

// tell makes a sample of a row that is ours and says something that counts.
func (w *Watch) tell(row routeros.Row, sink func(health.Sample)) {
	comment, _ := row.Get("comment")
	status, _ := row.Get("status")
	mark, _, _ := strings.Cut(comment, " ")
	for _, r := range w.Rows {
		if mark == "" || r.Comment != mark {
			continue
		}
		now := time.Now()
		before := w.note(mark, status, now)
		s := health.Sample{Server: r.Server, Probe: r.Probe, Vantage: w.Vantage, At: now, RTT: min(now.Sub(before.since), w.age())}
		switch {
		case status == "up":
			s.OK = true
		case status == "down" && before.up && (now.Sub(before.since) >= w.age() || w.Seconded != nil && w.Seconded(r)):
			s.Reason = health.Timeout
		default:
			continue
		}
		sink(s)
	}
}

// note remembers what a row says, and returns since when it has been saying so.
func (w *Watch) note(mark, status string, now time.Time) *said {
	s := w.said[mark]
	if s == nil {
		if w.said == nil {
			w.said = make(map[string]*said)
		}
		s = &said{}
		w.said[mark] = s
	}
	if s.status != status {
		s.status, s.since = status, now
	}
	s.up = s.up || status == "up"
	return s
}
