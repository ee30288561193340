package notify

import (
	"maps"
	"slices"
	"time"

	"jembatan/failover"
	"jembatan/tunnel"
)

// said is what makes two alerts the same.
type said struct {
	service, server string
	reason          failover.Reason
}

// An utterance is when something was said, and how often it was not since.
type utterance struct {
	at      time.Time
	severe  tunnel.Severity
	heldOff int
}

// admit takes an alert in, or counts it as a repetition. o.mu is held.
func (o *Outbox) admit(a Alert, now time.Time) {
	if o.ids[a.ID] {
		return
	}
	key, avoid := said{a.Service, a.Server, a.Reason}, o.avoid(a)
	if u := o.said[key]; u != nil && o.repeats(key, u, a, now) {
		u.heldOff++
		o.report(Outcome{Alert: a.ID, Service: a.Service, State: Repeated})
		return
	}
	e := &entry{record: record{Alert: a, Avoid: avoid, Lost: o.lost}, dirty: true}
	if u := o.said[key]; u != nil {
		e.Repeated = u.heldOff
	}
	for _, l := range o.lanes {
		if a.test() || a.Severity >= l.channel.Least {
			e.To = append(e.To, delivery{Channel: l.channel.Name, To: l.to})
		}
	}
	o.say(key, a)
	if len(e.To) == 0 {
		return
	}
	o.seq++
	e.Seq = o.seq
	o.lost = 0
	e.open = len(e.To)
	o.add(e)
	if a.Severity == tunnel.SeverityCritical {
		for _, l := range o.lanes {
			l.hurry() // Perhaps it gets through now; nobody waits out a pause with this.
		}
	}
	o.bound(now)
}

// add takes an entry into the list. o.mu is held.
func (o *Outbox) add(e *entry) {
	o.entries = append(o.entries, e)
	o.ids[e.Alert.ID] = true
	if !e.done() {
		o.waiting++
	}
}

// say remembers that something is said. o.mu is held.
func (o *Outbox) say(key said, a Alert) {
	o.said[key] = &utterance{at: a.At, severe: a.Severity}
	o.latest[key.service] = key
	if now := a.At; len(o.said) > o.opts.Limit {
		maps.DeleteFunc(o.said, func(k said, u *utterance) bool { return k != key && now.Sub(u.at) >= window })
	}
	if len(o.said) > 2*o.opts.Limit {
		clear(o.said) // A flood of different ones: nothing of it is a repetition.
	}
}

// repeats reports whether an alert only says again what was said. What is
// critical or ends something is a repetition only when nothing else was said of
// the service since: else it tells of a change. What has become worse is none.
func (o *Outbox) repeats(key said, u *utterance, a Alert, now time.Time) bool {
	if a.test() || now.Sub(u.at) >= window || a.Severity > u.severe {
		return false
	}
	change := a.Severity == tunnel.SeverityCritical || wordsOf(a.Reason).recovery
	return !change || o.latest[key.service] == key
}

// avoid notes who has failed, and returns the sites whose routes are tried last.
// o.mu is held.
func (o *Outbox) avoid(a Alert) []string {
	name := ServerName{a.Service, a.Server}
	if o.opts.Sites[name] != "" {
		switch a.Reason { //nolint:exhaustive // The others say nothing about a server's health.
		case failover.ServerFailed, failover.ServerSuspect, failover.SiteHold, failover.TargetLost:
			o.ailing[name] = true
		case failover.ServerBack:
			delete(o.ailing, name)
		}
	}
	var sites []string
	for n := range o.ailing {
		if site := o.opts.Sites[n]; !slices.Contains(sites, site) {
			sites = append(sites, site)
		}
	}
	slices.Sort(sites)
	return sites
}

// bound drops what is too much: of the least severity the oldest. o.mu is held.
func (o *Outbox) bound(now time.Time) {
	for o.waiting > o.opts.Limit {
		var victim *entry
		for _, e := range o.entries {
			if !e.done() && (victim == nil || e.Alert.Severity < victim.Alert.Severity) {
				victim = e
			}
		}
		for i := range victim.To {
			d := &victim.To[i]
			if d.State == "" {
				o.settle(victim, d, Dropped, now, Outcome{})
			}
		}
		// The newest says so; it may be the victim, and then the next one does.
		if last := o.entries[len(o.entries)-1]; last != victim {
			last.Lost += victim.Lost + 1
			last.dirty = true
		} else {
			o.lost += victim.Lost + 1
		}
	}
}
