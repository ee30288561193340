package tunnel

import (
	"slices"
	"strconv"
	"time"
)

// Routers watch the ports of a service's servers beside the controller: a process
// that died on a living host has then been missed by more than one. They watch by
// netwatch, one row for each server and port.

// WatchRelease is the first release whose netwatch opens a TCP connection
// (MikroTik changelog, 7.4).
const (
	WatchReleaseMajor = 7
	WatchReleaseMinor = 4
)

// watchEvery is the shortest interval that netwatch takes (command trees of 7.9 to
// 7.24: 1s..71w).
const watchEvery = time.Second

// leastWatchers is how many routers should watch: one of them may be lost.
const leastWatchers = 2

// WatchMark is the mark of the row that watches a port of a server.
func WatchMark(service, server string, port uint16) string {
	return Mark(service, "watch."+server+"."+strconv.Itoa(int(port)))
}

// WatchInterval is the time between two tests of a row.
func (p Policy) WatchInterval() time.Duration { return max(p.Interval, watchEvery) }

// WatchedPorts are the ports that routers watch: those of tcp, http and https
// probes, sorted, each once. A database's is not among them: its peers see it, and
// each connection that says nothing is a line in its error log.
func (s *Service) WatchedPorts() []uint16 {
	var out, databases []uint16
	if s.Replication.Engine != EngineUnknown {
		databases = append(databases, s.Replication.Port)
	}
	for _, p := range s.Probes {
		switch p.Type {
		case ProbeTCP, ProbeHTTP, ProbeHTTPS:
			out = append(out, p.Port)
		case ProbeMySQL:
			databases = append(databases, p.Port)
		case ProbeICMP, ProbeUnknown:
		}
	}
	out = slices.DeleteFunc(out, func(port uint16) bool { return slices.Contains(databases, port) })
	slices.Sort(out)
	return slices.Compact(out)
}

// Watchers are the routers that watch the ports: the vantages that clients come in
// by, or all vantages where those are fewer than two.
func (s *Service) Watchers() []string {
	users := s.Switch.Routers()
	out := slices.DeleteFunc(slices.Clone(s.Vantages), func(r string) bool { return !slices.Contains(users, r) })
	if len(out) < leastWatchers {
		return s.Vantages
	}
	return out
}
