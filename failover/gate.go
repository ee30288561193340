package failover

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"jembatan/health"
)

// mayMove returns why no automatic failover may begin, or None. It does not look
// for a target.
func (m *Machine) mayMove() Reason {
	hourAgo := func(t time.Time) bool { return m.s.At.Sub(t) < hour }
	recent := 0
	for _, t := range m.s.Moves {
		if hourAgo(t) {
			recent++
		}
	}
	switch {
	case !m.f.held:
		return m.f.lapse
	case m.maintained(m.s.Active):
		return InMaintenance
	case m.partitioned():
		return Partitioned
	case m.s.Paused:
		return Paused
	case !m.c.Automatic:
		return ManualOnly
	case m.s.Pinned:
		return Pinned
	case m.s.NeedAck:
		return DayLimit
	case recent >= m.c.PerHour:
		return BlockTimer
	}
	return m.routersReached(m.c.Sites[m.s.Active])
}

// partitioned reports whether the active server may be alive for its users.
func (m *Machine) partitioned() bool {
	return m.f.partition || m.f.verdicts[m.s.Active].Split
}

// routersReached returns None if most routers answer, or if nobody said. The
// router at a failed server's site, lost, is silent because the site is gone: it
// leads nobody anywhere, and is no reason to leave the others where they are.
// Whether the server behind it may still write is for the fence to say.
func (m *Machine) routersReached(lost string) Reason {
	r := m.f.routers
	if lost != "" && slices.Contains(r.Silent, lost) && r.Total > 1 {
		r.Total--
	}
	if r.Total > 0 && 2*r.Reachable <= r.Total {
		return RoutersUnreached
	}
	return None
}

// An offer is a server that could become active.
type offer struct {
	server  string
	rank    int // in Config.Servers
	loss    time.Duration
	inSync  bool
	drained bool
}

// candidate returns the best target for a move away from the active server that
// has failed, or why there is none: the reason of the most preferred one, and all in detail.
func (m *Machine) candidate(since time.Time, allowed time.Duration, not []string) (to string, why Reason, detail string) {
	var offers []offer
	var refused []string
	why = NoCandidate
	for rank, s := range m.c.Servers {
		if s == m.s.Active || slices.Contains(not, s) {
			continue
		}
		o, no, number := m.gate(s, false, since, allowed)
		if no != None {
			if len(refused) == 0 {
				why = no
			}
			refused = append(refused, strings.TrimSpace(fmt.Sprintf("%s: %s %s", s, no, number)))
			continue
		}
		o.rank = rank
		offers = append(offers, o)
	}
	if len(offers) == 0 {
		return "", why, strings.Join(refused, "; ")
	}
	return slices.MinFunc(offers, better).server, None, ""
}

// better orders offers: in sync, drained, least loss, preference.
func better(a, b offer) int {
	first := func(x, y bool) int {
		switch {
		case x == y:
			return 0
		case x:
			return -1
		}
		return 1
	}
	return cmp.Or(first(a.inSync, b.inSync), first(a.drained, b.drained), cmp.Compare(a.loss, b.loss), cmp.Compare(a.rank, b.rank))
}

// gate says whether server may become active, and if not, why and with which
// number.
func (m *Machine) gate(server string, planned bool, since time.Time, allowed time.Duration) (offer, Reason, string) {
	o := offer{server: server}
	v := m.f.verdicts[server]
	switch {
	case !slices.Contains(m.c.Servers, server):
		return o, NoSuchServer, ""
	case m.maintained(server):
		return o, TargetInMaint, ""
	case v.Verdict == health.Failed:
		return o, TargetFailed, ""
	case v.Verdict != health.Healthy || v.Split:
		return o, TargetUnknown, ""
	case v.Load:
		return o, TargetBusy, ""
	case m.owes(Debt{FenceDatabase, server}):
		return o, Fencing, ""
	case !m.c.Database:
		return o, None, ""
	}
	r := m.f.repl[server]
	o.inSync, o.drained = r.Sync == InSync, r.Drained
	switch {
	case r.Sync == SyncForked:
		return o, TargetForked, ""
	case r.Errant:
		return o, TargetErrant, ""
	case !r.WriteTested:
		return o, WriteTestMissing, ""
	}
	if planned {
		why, detail := m.gatePlanned(r)
		return o, why, detail
	}
	mark := m.s.Synced[server]
	r.SyncedAt, r.LosslessAt = mark.SyncedAt, mark.LosslessAt
	why, detail := m.gateEmergency(r, since, allowed, &o)
	return o, why, detail
}

// gatePlanned lets nothing be lost: the target is in sync now.
func (m *Machine) gatePlanned(r ReplicationChanged) (Reason, string) {
	switch r.Sync {
	case SyncUnclear:
		return SyncUnknown, ""
	case Lagging:
		return TargetLagging, fmt.Sprintf("%d transactions, %v", r.Behind, r.Lag)
	case Broken:
		return TargetBroken, fmt.Sprintf("error %d", r.Code)
	case SyncForked:
		return TargetForked, ""
	case InSync:
	}
	if age := m.s.At.Sub(r.SyncedAt); age > m.c.SyncAge || !r.Fresh || r.SyncedAt.Before(m.s.Baseline) {
		return SyncTooOld, age.String()
	}
	return None, ""
}

// gateEmergency judges by the last good sample, because the old server cannot be
// asked: what was written after it may be lost, unless it was proven then that
// nothing is acknowledged before it is here too.
func (m *Machine) gateEmergency(r ReplicationChanged, since time.Time, allowed time.Duration, o *offer) (Reason, string) {
	// What links that stand still, without an error, did not bring, a person may give up.
	givenUp := r.Code == 0 && allowed > m.c.AllowedLoss
	if r.Sync == Broken && !r.SourceLost && !givenUp {
		return TargetBroken, fmt.Sprintf("error %d", r.Code)
	}
	if since.IsZero() {
		since = m.s.At
	}
	other := m.otherAcker(o.server, r.LosslessAt)
	current := func(t time.Time) bool { return !t.IsZero() && !t.Before(m.s.Baseline) && !t.After(m.s.At) }
	switch {
	case current(r.LosslessAt) && since.Sub(r.LosslessAt) <= m.c.SyncAge && other == "":
		return None, ""
	case current(r.LosslessAt) && other != "" && allowed == 0:
		return LossTooGreat, other + " may have acknowledged what it lacks"
	case !current(r.SyncedAt):
		return SyncUnknown, ""
	}
	o.loss = m.s.At.Sub(r.SyncedAt)
	if o.loss > allowed || allowed == 0 { // What was written since may be here or not.
		return LossTooGreat, fmt.Sprintf("up to %v, allowed %v", o.loss, allowed)
	}
	return None, ""
}
