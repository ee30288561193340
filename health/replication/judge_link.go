package replication

import (
	"slices"
	"strings"
	"time"

	"jembatan/tunnel"
)

// link judges one direction by itself.
func (j *judging) link(o Observation, l Link) LinkReport {
	out := LinkReport{From: j.source(l.Source), To: o.Server, Channel: l.Channel, Fresh: j.moved(o, l), Drained: applied(o, l), Tries: l.IO == Connecting}
	out.Reason, out.Errno, out.Detail = j.receiving(o, l)
	if out.Reason == NoReason {
		out = j.applying(l, out)
	}
	return out
}

// receiving checks the side of a link that reads from its source.
func (j *judging) receiving(o Observation, l Link) (Reason, uint16, string) {
	twice := 0
	for _, other := range o.Links {
		if other.Source == l.Source && l.Source != (Identity{}) {
			twice++
		}
	}
	switch {
	case l.IO == ThreadUnknown:
		return ValueMissing, 0, "the receiving thread"
	case l.IO == Connecting, l.IO == Stopped && unreachable(l.IOErrno):
		return SourceLost, l.IOErrno, l.IOError
	case l.IO == Stopped && l.IOErrno == 1593:
		return DuplicateID, l.IOErrno, l.IOError
	case l.IO == Stopped && l.IOErrno == 1236:
		return Purged, l.IOErrno, l.IOError
	case l.IO == Stopped:
		return ThreadStopped, l.IOErrno, "receiving: " + l.IOError
	case l.IOErrno != 0:
		return ThreadError, l.IOErrno, l.IOError
	case len(l.Gaps) > 0:
		return ValueMissing, 0, strings.Join(l.Gaps, ", ")
	case twice > 1:
		return DoubleLink, 0, ""
	case l.Auto != Yes:
		return unless(l.Auto, NotGTID), 0, "replication by GTID"
	case l.Filters != j.r.Filters[o.Server]:
		return Filtered, 0, l.Filters
	}
	return NoReason, 0, ""
}

// applying checks the side of a link that applies what was received. It fills
// the fault into out.
func (j *judging) applying(l Link, out LinkReport) LinkReport {
	out.Reason, out.Errno, out.Detail = NoReason, 0, ""
	switch {
	case l.SQL == ThreadUnknown:
		out.Reason, out.Detail = ValueMissing, "the applying thread"
	case l.SQL == Stopped, l.SQL == Connecting:
		out.Reason, out.Errno, out.Detail = ThreadStopped, l.SQLErrno, "applying: "+l.SQLError
	case l.SQLErrno != 0:
		out.Reason, out.Errno, out.Detail = ThreadError, l.SQLErrno, l.SQLError
	case l.Delay != No:
		out.Reason, out.Detail = unless(l.Delay, Delayed), "SQL_Delay"
	case l.Until != No:
		out.Reason, out.Detail = unless(l.Until, Until), "Until_Condition"
	case l.Skip != No:
		out.Reason, out.Detail = unless(l.Skip, Skipping), "Skip_Counter"
	}
	return out
}

// unless is why, or ValueMissing when the flag is not known.
func unless(f Flag, why Reason) Reason {
	if f == FlagUnknown {
		return ValueMissing
	}
	return why
}

// unreachable reports whether an error number of a receiving thread means that
// its source did not answer: the client errors 2002, 2003, 2005, 2006 and 2013.
func unreachable(errno uint16) bool {
	return slices.Contains([]uint16{2002, 2003, 2005, 2006, 2013}, errno)
}

// source names the server that is known by an identity.
func (j *judging) source(id Identity) string {
	for _, o := range j.s.Servers {
		self := j.h.Self[o.Server]
		if id.UUID != "" && id.UUID == self.UUID || id.UUID == "" && id.ID != 0 && id.ID == self.ID {
			return o.Server
		}
	}
	return ""
}

// moved reports whether something arrived on a link within two heartbeats.
func (j *judging) moved(o Observation, l Link) Flag {
	m := j.h.Moved[linkKey(o.Server, l.Channel)]
	if m.At.IsZero() {
		return FlagUnknown
	}
	limit := 2 * l.HeartbeatPeriod
	if limit <= 0 {
		limit = 2 * time.Second
	}
	return flagOf(o.At.Sub(m.At) <= limit)
}

// applied reports whether all that arrived on a link is in the server's data.
// The positions were read before the links, so the answer errs towards No.
func applied(o Observation, l Link) Flag {
	if l.ReceivedKnown != Yes || o.Comparable == FlagUnknown {
		return FlagUnknown
	}
	if o.Engine == tunnel.MySQL {
		return flagOf(o.Executed.Contains(l.ReceivedSet))
	}
	for _, g := range l.Received {
		inLog := o.Comparable == Yes && o.Executed.Last(g.Origin()) >= g.Sequence
		if !inLog && o.Applied.Highest(g.Domain) < g.Sequence {
			return No
		}
	}
	return Yes
}

// drained is the answer for all links of a server; without any it is not known.
func (j *judging) drained(o Observation) Flag {
	out := FlagUnknown
	for i := range o.Links {
		switch j.report(o.Server, i).Drained {
		case No:
			return No
		case FlagUnknown:
			return FlagUnknown
		case Yes:
			out = Yes
		}
	}
	return out
}

// report is the verdict about the i-th link of a server.
func (j *judging) report(server string, i int) LinkReport {
	for _, l := range j.links {
		if l.To != server {
			continue
		}
		if i == 0 {
			return l
		}
		i--
	}
	return LinkReport{To: server, Reason: NoLink}
}

// sourceLost reports whether o reads from the active server and cannot reach it.
func (j *judging) sourceLost(o Observation) bool {
	for _, l := range j.links {
		if l.To == o.Server && l.From == j.s.Active && l.From != "" && l.Reason == SourceLost {
			return true
		}
	}
	return false
}

// incoming is the first fault of the links to o.
func (j *judging) incoming(o Observation) LinkReport {
	for _, l := range j.links {
		if l.To == o.Server && l.Reason != NoReason {
			return l
		}
	}
	if len(o.Links) == 0 {
		return LinkReport{To: o.Server, Reason: NoLink, Detail: "replicates from nobody"}
	}
	return LinkReport{}
}

// path returns no fault when working links lead from the active server to a
// server, in however many hops, and otherwise the fault nearest to that server.
func (j *judging) path(to string) LinkReport {
	if j.reaches(to, func(l LinkReport) bool { return l.Reason == NoReason }) {
		return LinkReport{}
	}
	near := []string{to}
	for i := 0; i < len(near); i++ {
		for _, l := range j.links {
			if l.To != near[i] {
				continue
			}
			if l.Reason != NoReason {
				return l
			}
			if l.From != "" && !slices.Contains(near, l.From) {
				near = append(near, l.From)
			}
		}
	}
	return LinkReport{To: to, Reason: NoLink, Detail: "nothing leads here from " + j.s.Active}
}

// reaches reports whether usable links lead from the active server to a server.
func (j *judging) reaches(to string, usable func(LinkReport) bool) bool {
	reached := []string{j.s.Active}
	for i := 0; i < len(reached); i++ {
		if reached[i] == to {
			return true
		}
		for _, l := range j.links {
			if l.From == reached[i] && l.From != "" && usable(l) && !slices.Contains(reached, l.To) {
				reached = append(reached, l.To)
			}
		}
	}
	return false
}

// fresh reports whether something arrived lately on a whole path, and so did
// the token where it is demanded.
func (j *judging) fresh(o Observation) Flag {
	if j.r.Tokens && o.Server != j.s.Active {
		if age, seen := j.tokenAge(o); !seen || age > j.r.TokenLimit {
			return flagOf(false)
		}
	}
	return flagOf(j.reaches(o.Server, func(l LinkReport) bool { return l.Fresh == Yes && l.Reason == NoReason }))
}

// Applied reports whether a server has applied all that it has received on every
// link. Without any link nothing can have been received: Yes.
func Applied(o Observation) Flag {
	out := Yes
	for _, l := range o.Links {
		switch applied(o, l) {
		case No:
			return No
		case FlagUnknown:
			out = FlagUnknown
		case Yes:
		}
	}
	return out
}
