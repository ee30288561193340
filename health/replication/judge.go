package replication

import (
	"fmt"
	"strings"
	"time"

	"jembatan/health/replication/gtid"
	"jembatan/tunnel"
)

// A Sample is one round of observations.
type Sample struct {
	Now     time.Time // the controller's clock, when the round ended
	Active  string    // who alone may write in this epoch; empty: not known
	Epoch   uint64
	Servers []Observation // each name once
	Tokens  TokenLog      // what was written to the active server
}

// Rules are what a service demands. The zero value is the plain recipe.
type Rules struct {
	// Tokens demands that the controller's token arrives (R5_TOKEN), not older
	// than TokenLimit; zero means 3 s, three tokens.
	Tokens     bool
	TokenLimit time.Duration
	// Filters are the filters that are meant to be there, by server, as
	// Link.Filters prints them.
	Filters map[string]string
	// SemiSync demands no loss, so settings that allow one are warned of.
	SemiSync bool
	// Lease: servers fence themselves by an event when their lease is not renewed.
	Lease bool
}

// judging is one call of Judge.
type judging struct {
	s     Sample
	r     Rules
	h     History // already extended by s
	was   History
	links []LinkReport
}

// Judge compares the observations of one round with each other and with what
// earlier rounds left. It asks nobody and looks at no clock; the same arguments
// give the same result.
func Judge(h History, s Sample, r Rules) (Report, History) {
	if r.TokenLimit <= 0 {
		r.TokenLimit = 3 * time.Second
	}
	j := judging{s: s, r: r, h: h.next(s), was: h}
	for _, o := range s.Servers {
		for _, l := range o.Links {
			j.links = append(j.links, j.link(o, l))
		}
	}
	rep := Report{Active: s.Active, Epoch: s.Epoch, At: s.Now, Links: j.links}
	for _, o := range s.Servers {
		sr := j.server(o)
		sr.SyncedAt, sr.LosslessAt = j.h.SyncedAt[o.Server], j.h.LosslessAt[o.Server]
		if sr.State == InSync && o.Server != s.Active {
			j.h.SyncedAt[o.Server], sr.SyncedAt = o.At, o.At
			if j.lossless(o) {
				at := j.provenAt(o)
				j.h.LosslessAt[o.Server], sr.LosslessAt = at, at
			}
		}
		rep.Servers = append(rep.Servers, sr)
		if sr.Open == Yes {
			rep.Writable = append(rep.Writable, o.Server)
		}
	}
	for _, o := range s.Servers {
		if o.Failure.Reason == NoReason && o.SemiSync.NoTx >= 0 {
			j.h.NoTx[o.Server] = o.SemiSync.NoTx
		}
		if n, known := o.SemiSync.ended(); known {
			j.h.Ended[o.Server] = n
		}
	}
	rep.Warnings = warnings(s, r)
	return rep, j.h
}

// server judges one server.
func (j *judging) server(o Observation) ServerReport {
	sr := ServerReport{Server: o.Server}
	if o.Failure.Reason != NoReason {
		sr.Reason, sr.Errno, sr.Detail = o.Failure.Reason, o.Failure.Errno, o.Failure.Detail
		return sr
	}
	sr.Open, sr.Up = flagNot(o.ReadOnly), o.Up
	sr.Drained = j.drained(o)
	sr.SourceLost = j.sourceLost(o)
	sr.Fresh = j.fresh(o)
	sr.Acking, sr.Waits, sr.Silent = j.acking(o), FlagUnknown, o.SemiSync.silent()
	if o.Server == j.s.Active {
		sr.Acking, sr.Waits, sr.Stuck = No, o.SemiSync.Source, j.stuck(o)
		if o.SemiSync.Clients >= 0 {
			sr.Crowded = flagOf(o.SemiSync.Clients > o.SemiSync.Acks)
		}
	}
	active, ok := j.observed(j.s.Active)
	switch {
	case o.Server == j.s.Active:
		sr.fail(j.incoming(o))
	case j.duplicate(o) != "":
		sr.set(Broken, DuplicateID, "the same as "+j.duplicate(o))
		sr.Errno = 1593
	case j.s.Active == "":
		sr.set(Unknown, ActiveUnknown, "")
	case !ok:
		sr.Errant = j.errant(o, nil)
		j.alone(o, &sr)
	default:
		sr.Errant = j.errant(o, &active)
		j.compare(o, active, &sr)
	}
	return sr
}

// compare judges a standby against the active server.
func (j *judging) compare(o, a Observation, sr *ServerReport) {
	if o.Comparable != Yes || a.Comparable != Yes {
		who := o
		if o.Comparable == Yes {
			who = a
		}
		if who.Comparable == No {
			sr.set(Unknown, NotComparable, "on "+who.Server)
			return
		}
		sr.set(Unknown, ValueMissing, strings.Join(who.Gaps, ", ")+" on "+who.Server)
		return
	}
	missing := a.Executed.Minus(o.Executed)
	extra := o.Executed.Minus(a.Executed).Of(func(g gtid.Origin) bool { return !a.Self.Wrote(g) })
	sr.Behind = gtid.Behind(o.Executed, a.Executed)
	age, seen := j.tokenAge(o)
	sr.Lag = age
	fault := j.path(o.Server)
	switch {
	case !missing.Empty() && !extra.Empty():
		sr.set(Forked, Diverged, fmt.Sprintf("lacks %s, has %s", missing, extra))
	case fault.Reason != NoReason:
		sr.fail(fault)
	case !sr.Errant.Empty():
		sr.set(Broken, ErrantWrites, sr.Errant.String())
	case !missing.Minus(a.Purged).Equal(missing):
		sr.set(Broken, Purged, missing.String())
		sr.Errno = 1236
	case !missing.Empty():
		sr.set(Lagging, Missing, missing.String())
	case j.r.Tokens && (!seen || age > j.r.TokenLimit):
		sr.set(Unknown, TokenStale, ageText(age, seen))
	case sr.Fresh != Yes:
		sr.set(Unknown, Stale, "")
	case o.Engine == tunnel.MySQL && o.SuperReadOnly != Yes:
		sr.set(Broken, StandbyWritable, "super_read_only is off")
	default:
		sr.set(InSync, NoReason, "")
	}
}

// alone judges a standby while the active server does not answer. Its data
// cannot be compared; what is broken on its own side still counts.
func (j *judging) alone(o Observation, sr *ServerReport) {
	sr.set(Unknown, ActiveNoAnswer, "")
	if !sr.Errant.Empty() {
		sr.set(Broken, ErrantWrites, sr.Errant.String())
	}
	for i, l := range o.Links {
		if fault := j.applying(l, j.report(o.Server, i)); fault.Reason != NoReason {
			sr.fail(fault)
		}
	}
}

// errant returns what o wrote itself since the epoch began, and what it holds
// that neither the active server holds nor wrote.
func (j *judging) errant(o Observation, active *Observation) gtid.Set {
	if o.Comparable != Yes {
		return gtid.Set{}
	}
	out := o.Executed.Of(o.Self.Wrote).Minus(j.h.Baseline[o.Server])
	if active != nil && active.Comparable == Yes {
		out = out.Plus(o.Executed.Minus(active.Executed).Of(func(g gtid.Origin) bool { return !active.Self.Wrote(g) }))
	}
	return out
}

// lossless reports whether every commit on the active server has been waiting
// for o since the round before.
func (j *judging) lossless(o Observation) bool {
	a, ok := j.observed(j.s.Active)
	if !ok || o.Server == a.Server {
		return false
	}
	before, known := j.was.NoTx[a.Server]
	sameEpoch := j.was.Epoch == j.s.Epoch && j.was.Active == j.s.Active
	m := a.SemiSync
	return sameEpoch && known && m.Source == Yes && m.NoTx == before && m.NoTx >= 0 &&
		m.Clients >= 1 && m.Clients <= m.Acks && m.Point == "AFTER_SYNC" && o.SemiSync.Replica == Yes
}

// stuck reports whether commits on the active server wait and none has ended its
// waiting since the round before.
func (j *judging) stuck(o Observation) Flag {
	now, known := o.SemiSync.ended()
	before, seen := j.was.Ended[o.Server]
	sameEpoch := j.was.Epoch == j.s.Epoch && j.was.Active == j.s.Active
	if !known || !seen || !sameEpoch || o.SemiSync.Waiting < 0 {
		return FlagUnknown
	}
	return flagOf(o.SemiSync.Waiting > 0 && now == before)
}

// provenAt is since when a comparison of a standby with the active server holds:
// as old as the older of the two readings.
func (j *judging) provenAt(o Observation) time.Time {
	if a, ok := j.observed(j.s.Active); ok && a.At.Before(o.At) {
		return a.At
	}
	return o.At
}

// acking reports whether a standby acknowledges what it receives from the active
// server.
func (j *judging) acking(o Observation) Flag {
	a, known := j.h.Self[j.s.Active]
	if !known {
		return FlagUnknown
	}
	for _, l := range o.Links {
		same := l.Source.UUID != "" && l.Source.UUID == a.UUID || l.Source.UUID == "" && l.Source.ID != 0 && l.Source.ID == a.ID
		if same && l.IO == Running {
			return o.SemiSync.Replica
		}
	}
	return No
}

func (j *judging) tokenAge(o Observation) (time.Duration, bool) {
	a := j.h.Self[j.s.Active]
	t, ok := o.Tokens[a.ID]
	if !ok || a.ID == 0 {
		return 0, false
	}
	return j.s.Tokens.Age(t.Value, o.At)
}

func (j *judging) observed(name string) (Observation, bool) {
	for _, o := range j.s.Servers {
		if o.Server == name {
			return o, o.Failure.Reason == NoReason
		}
	}
	return Observation{}, false
}

// duplicate names another server with the same identity, or nobody.
func (j *judging) duplicate(o Observation) string {
	for _, p := range j.s.Servers {
		if p.Server == o.Server || p.Failure.Reason != NoReason {
			continue
		}
		if p.Self.ID == o.Self.ID && p.Self.ID != 0 || p.Self.UUID == o.Self.UUID && p.Self.UUID != "" {
			return p.Server
		}
	}
	return ""
}

func (sr *ServerReport) set(st State, reason Reason, detail string) {
	sr.State, sr.Reason, sr.Detail = st, reason, detail
}

// fail takes over the fault of a link; without one the state is InSync.
func (sr *ServerReport) fail(l LinkReport) {
	switch {
	case l.Reason == NoReason:
		sr.set(InSync, NoReason, "")
	case l.Reason == ValueMissing:
		sr.set(Unknown, l.Reason, l.Detail)
	default:
		sr.set(Broken, l.Reason, l.Detail)
		sr.Errno = l.Errno
	}
}

func flagNot(f Flag) Flag {
	switch f {
	case Yes:
		return No
	case No:
		return Yes
	case FlagUnknown:
	}
	return FlagUnknown
}

func ageText(age time.Duration, seen bool) string {
	if !seen {
		return "none has arrived"
	}
	return age.Round(time.Millisecond).String() + " old"
}
