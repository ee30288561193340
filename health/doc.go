// Package health decides whether a server has failed, from what several
// observers saw.
//
// A [Detector] is fed samples: one outcome of one probe of one server, seen from
// one vantage (the controller, a router, the peer database). It counts misses
// and rises for each vantage by itself, lets a vantage that is sick itself
// abstain, and calls a server [Failed] only when a quorum of vantages says so,
// one of them away from the controller, with nobody who serves users still
// reaching it. Everything else is [Unknown], which proves nothing.
//
// A vantage counts only for what it can see. A router that pings a host whose
// database hangs has no opinion about the database: neither does its reply
// acquit, nor is it asked. What answers above is alive below: a query that
// finished outweighs a lost ping of the same vantage.
//
// A new failure needs vantages that miss the server now: what one has missed
// before, and is answered again, upholds a failure that stands and makes none. And
// none is found for a moment after a partition that lasted.
//
// The package is pure: no clock, no I/O, no goroutines. Time comes with the
// samples and with [Detector.Tick]. A Detector is not safe for concurrent use.
package health
