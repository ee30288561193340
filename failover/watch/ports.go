package watch

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"jembatan/health"
	"jembatan/health/probe"
	"jembatan/routeros"
	"jembatan/tunnel"
)

// listenAgain is the pause before a router that could not be listened to, or is
// not heard any more, is tried again.
const listenAgain = time.Second

// watchers are the routers whose netwatch is read.
func (w *Watcher) watchers() []string {
	if w.o.Listen == nil || len(w.service.WatchedPorts()) == 0 {
		return nil
	}
	return w.service.Watchers()
}

// followPorts hands on what a router's netwatch says of the servers' ports, until
// ctx ends. A router that is not heard gives no samples; that it is lost is told by
// those who ping through it.
func (w *Watcher) followPorts(ctx context.Context, router string, sink Sink) error {
	p := w.service.Policy
	look := &probe.Watch{
		Vantage: RouterVantage(router), Rows: watchedRows(w.service), Interval: p.Interval, Every: p.WatchInterval(), Timeout: p.Timeout,
		Seconded: func(r probe.Watched) bool { return w.misses.of(r.Server, r.Port) },
	}
	for {
		if s, err := w.o.Listen(ctx, router); err == nil && w.mayFollow(ctx, s, router, look.Rows) {
			look.Router = s
			_ = look.Run(ctx, func(s health.Sample) { sink.Sample(ctx, s) }) // Whatever it was, it is tried again.
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(listenAgain):
		}
	}
}

// watchedRows are the rows that every watching router has of a service.
func watchedRows(s *tunnel.Service) []probe.Watched {
	var out []probe.Watched
	for _, server := range s.Servers {
		for _, port := range s.WatchedPorts() {
			out = append(out, probe.Watched{
				Server: server.Name, Probe: watchedPort(port), Comment: tunnel.WatchMark(s.Name, server.Name, port),
				Host: server.Address, Port: port,
			})
		}
	}
	return out
}

// mayFollow reports whether a router can watch ports, and tells of one that cannot
// or that lacks rows.
func (w *Watcher) mayFollow(ctx context.Context, s probe.Follower, router string, rows []probe.Watched) bool {
	ctx, cancel := context.WithTimeout(ctx, w.service.Policy.Timeout+answerGrace)
	defer cancel()
	v, err := s.Version(ctx)
	if err != nil {
		return false
	}
	if !v.AtLeast(tunnel.WatchReleaseMajor, tunnel.WatchReleaseMinor) {
		w.told.tell(fmt.Sprintf("%s has RouterOS %s, whose netwatch opens no connections: it does not see that a port is closed", router, v))
		return false
	}
	have, err := routeros.Print(ctx, s, routeros.Netwatch{}.Menu(), []string{"comment"})
	if err != nil {
		return false
	}
	lacks := slices.DeleteFunc(slices.Clone(rows), func(r probe.Watched) bool {
		return slices.ContainsFunc(have, func(row routeros.Row) bool {
			comment, _ := row.Get("comment")
			mark, _, _ := strings.Cut(comment, " ")
			return mark == r.Comment
		})
	})
	if len(lacks) > 0 {
		w.told.tell(fmt.Sprintf("%s does not watch %d of %d ports, such as %d of %s: apply the topology", router, len(lacks), len(rows), lacks[0].Port, lacks[0].Server))
	}
	return true
}
