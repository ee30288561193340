package spec

import (
	"slices"
	"time"

	"jembatan/tunnel"
)

type rawPolicy struct {
	profile                 given[label]
	interval, timeout, hold given[time.Duration]
	misses, rises, quorum   given[int]
	automatic, loadFails    given[bool]
	perHour, perDay         given[int]
	siteLoss                given[tunnel.SiteLoss]
	lease                   given[rawLease]
	failback                given[tunnel.Failback]
	window                  given[string]
}

type rawLease struct{ ttl, margin given[time.Duration] }

type rawController struct{ beside given[string] }

// A label is a word that stands for itself.
type label string

// String returns the word.
func (l label) String() string { return string(l) }

func labels(words []string) []label {
	out := make([]label, len(words))
	for i, w := range words {
		out[i] = label(w)
	}
	return out
}

func policyForm(dst *given[rawPolicy]) form {
	return record[rawPolicy]{
		dst: dst, word: "a policy", id: "Policy",
		doc:    "When to act. The profile gives the numbers; each may be given by itself.",
		fields: slices.Concat(detectionFields(), actionFields(), failbackFields()),
	}
}

// detectionFields say when a server has failed.
func detectionFields() []field[rawPolicy] {
	return []field[rawPolicy]{
		{
			key: "profile", def: tunnel.DefaultProfile,
			doc: profilesDoc(),
			form: func(p *rawPolicy) form {
				return word(&p.profile, "a profile", labels(tunnel.Profiles())...)
			},
		}, {
			key: "interval",
			doc: "Time between two probes, 100ms to 1h.",
			form: func(p *rawPolicy) form {
				return duration(&p.interval, 100*time.Millisecond, time.Hour, "1s")
			},
		}, {
			key: "timeout",
			doc: "How long a probe may take, 20ms to 1h, at most the interval. Left out: as the profile says, or the interval if that is given.",
			form: func(p *rawPolicy) form {
				return duration(&p.timeout, 20*time.Millisecond, time.Hour, "1s")
			},
		}, {
			key:  "misses",
			doc:  "Failed probes in a row after which a server has failed for who probes it.",
			form: func(p *rawPolicy) form { return integer(&p.misses, "a number of probes", 1, 1000) },
		}, {
			key:  "rises",
			doc:  "Good probes in a row after which it is healthy again.",
			form: func(p *rawPolicy) form { return integer(&p.rises, "a number of probes", 1, 1000) },
		}, {
			key:  "quorum",
			doc:  "How many who probe a server must agree that it has failed; never one alone.",
			form: func(p *rawPolicy) form { return integer(&p.quorum, "a number of observers", 2, 1000) },
		}, {
			key: "load_fails", def: false,
			doc:  "A server that answers, but is overloaded, counts as failed.",
			form: func(p *rawPolicy) form { return boolean(&p.loadFails) },
		},
	}
}

// actionFields say what is done about it.
func actionFields() []field[rawPolicy] {
	return []field[rawPolicy]{
		{
			key: "automatic", def: false,
			doc:  "Fail over without being asked. Otherwise a person does, by a command.",
			form: func(p *rawPolicy) form { return boolean(&p.automatic) },
		}, {
			key: "per_hour", def: 1,
			doc:  "Automatic failovers in an hour, after which it waits.",
			form: func(p *rawPolicy) form { return integer(&p.perHour, "a number of failovers", 1, 100) },
		}, {
			key: "per_day", def: 3,
			doc:  "Automatic failovers in a day, after which a person must agree.",
			form: func(p *rawPolicy) form { return integer(&p.perDay, "a number of failovers", 1, 100) },
		}, {
			key: "site_loss", def: "hold",
			doc: "When nobody can reach the old server to fence it: hold (wait for a person or for the site) or lease " +
				"(the database turns itself read-only when its lease is not renewed).",
			form: func(p *rawPolicy) form {
				return word(&p.siteLoss, "what to do", tunnel.SiteLossHold, tunnel.SiteLossLease)
			},
		}, {
			key:  "lease",
			doc:  "Times of that lease.",
			form: func(p *rawPolicy) form { return leaseForm(&p.lease) },
		},
	}
}

func leaseForm(dst *given[rawLease]) form {
	usual := tunnel.DefaultLease()
	return record[rawLease]{
		dst: dst, word: "a lease", id: "Lease",
		doc: "How long a database may take writes that nobody has renewed the right to.",
		fields: []field[rawLease]{
			{
				key: "ttl", def: short(usual.TTL),
				doc:  "Time after the last renewal at which it turns itself read-only, 2s to 10m in whole seconds.",
				form: func(l *rawLease) form { return duration(&l.ttl, 2*time.Second, 10*time.Minute, "10s") },
			}, {
				key: "margin", def: short(usual.Margin),
				doc:  "Time beyond that after which it counts as fenced, 5s to 10m.",
				form: func(l *rawLease) form { return duration(&l.margin, tunnel.MinLeaseMargin, 10*time.Minute, "5s") },
			},
		},
	}
}

// failbackFields say when the service returns.
func failbackFields() []field[rawPolicy] {
	return []field[rawPolicy]{
		{
			key: "failback", def: "manual",
			doc: "How the service returns to a better server: manual, auto (after hold), or window (after hold, while the window is open).",
			form: func(p *rawPolicy) form {
				return word(&p.failback, "a failback", tunnel.FailbackManual, tunnel.FailbackAuto, tunnel.FailbackWindow)
			},
		}, {
			key: "window",
			doc: "The minutes in which the window is open, for failback: window; a cron expression of five fields, in UTC. " +
				"`* 2-4 * * 6` is each Saturday from 2:00 to 4:59.",
			form: func(p *rawPolicy) form { return cronForm(&p.window) },
		}, {
			key: "hold", def: "10m",
			doc: "How long a better server must have been healthy before a failback, 0s to 168h.",
			form: func(p *rawPolicy) form {
				return duration(&p.hold, 0, 168*time.Hour, "10m")
			},
		},
	}
}

func controllerForm(dst *given[rawController]) form {
	return record[rawController]{
		dst: dst, word: "a place", id: "Controller",
		doc: "Where the controller stands.",
		fields: []field[rawController]{
			{
				key: "beside", need: true,
				doc: "The router beside it, which fails with it: the two together are one observer who sees a server fail, " +
					"and another must agree.",
				form: func(c *rawController) form { return routerName(&c.beside) },
			},
		},
	}
}
