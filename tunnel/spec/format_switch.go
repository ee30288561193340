package spec

import (
	"net/netip"
	"time"

	"jembatan/tunnel"
)

type rawSwitch struct {
	nat  given[rawNAT]
	vrrp given[rawVRRP]
}

type rawNAT struct {
	on given[[]given[string]]
	to given[[]entry[netip.Addr]]
}

type rawVRRP struct {
	address  given[netip.Addr]
	vrid     given[int]
	on       given[[]given[string]]
	interval given[time.Duration]
}

type rawPolicy struct {
	profile               given[label]
	interval, hold        given[time.Duration]
	misses, rises, quorum given[int]
	failback              given[tunnel.Failback]
	window                given[string]
}

// A label is a word that stands for itself.
type label string

// String returns the word.
func (l label) String() string { return string(l) }

func switchForm(dst *given[rawSwitch]) form {
	return record[rawSwitch]{
		dst: dst, word: "a switch", id: "Switch", one: true,
		doc: "How clients reach the active server.",
		fields: []field[rawSwitch]{
			{
				key:  "nat",
				doc:  "By dst-nat rules on routers that are rewritten.",
				form: func(s *rawSwitch) form { return natForm(&s.nat) },
			}, {
				key:  "vrrp",
				doc:  "By a virtual address that moves between routers.",
				form: func(s *rawSwitch) form { return vrrpForm(&s.vrrp) },
			},
		},
	}
}

func natForm(dst *given[rawNAT]) form {
	public := func(dst *given[netip.Addr]) form { return address(dst, "198.51.100.1") }
	return record[rawNAT]{
		dst: dst, word: "a nat switch", id: "Switch by nat",
		doc: "dst-nat rules that lead the service's ports to the active server.",
		fields: []field[rawNAT]{
			{
				key: "on", need: true,
				doc: "The routers that hold the rules.",
				form: func(s *rawNAT) form {
					return list[string]{dst: &s.on, word: "a list of routers", min: 1, max: maxSwitches, item: routerName}
				},
			}, {
				key: "to", need: true,
				doc: "The public address that clients use, for each router in on.",
				form: func(s *rawNAT) form {
					return table[netip.Addr]{dst: &s.to, what: "router", min: 1, max: maxSwitches, item: public}
				},
			},
		},
	}
}

func vrrpForm(dst *given[rawVRRP]) form {
	return record[rawVRRP]{
		dst: dst, word: "a vrrp switch", id: "Switch by vrrp",
		doc: "A virtual address inside the segment, held by the router of the active server's site.",
		fields: []field[rawVRRP]{
			{
				key: "address", need: true,
				doc:  "The virtual address, inside the subnet of the segment.",
				form: func(s *rawVRRP) form { return address(&s.address, "192.168.50.2") },
			}, {
				key: "vrid", need: true,
				doc:  "The virtual router id.",
				form: func(s *rawVRRP) form { return integer(&s.vrid, "a virtual router id", 1, 255) },
			}, {
				key: "on", need: true,
				doc: "The routers that can hold the address, members of the segment.",
				form: func(s *rawVRRP) form {
					return list[string]{dst: &s.on, word: "a list of routers", min: 2, max: maxSwitches, item: routerName}
				},
			}, {
				key: "interval", def: "1s",
				doc: "Time between advertisements, 10ms to 255s.",
				form: func(s *rawVRRP) form {
					return duration(&s.interval, 10*time.Millisecond, 255*time.Second, "1s")
				},
			},
		},
	}
}

func policyForm(dst *given[rawPolicy]) form {
	return record[rawPolicy]{
		dst: dst, word: "a policy", id: "Policy",
		doc: "When to act. The profile gives the numbers; each may be given by itself.",
		fields: []field[rawPolicy]{
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
				key: "failback", def: "manual",
				doc: "How the service returns to a better server: manual, auto (after hold), or window (after hold, when the window opens).",
				form: func(p *rawPolicy) form {
					return word(&p.failback, "a failback", tunnel.FailbackManual, tunnel.FailbackAuto, tunnel.FailbackWindow)
				},
			}, {
				key:  "window",
				doc:  "When the window opens, for failback: window; a cron expression of five fields, in UTC.",
				form: func(p *rawPolicy) form { return cronForm(&p.window) },
			}, {
				key: "hold", def: "10m",
				doc: "How long a better server must have been healthy before a failback, 0s to 168h.",
				form: func(p *rawPolicy) form {
					return duration(&p.hold, 0, 168*time.Hour, "10m")
				},
			},
		},
	}
}

func labels(words []string) []label {
	out := make([]label, len(words))
	for i, w := range words {
		out[i] = label(w)
	}
	return out
}
