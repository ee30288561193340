package health

import "time"

// A topic is what a vote is about: one layer of a server, on one port.
type topic struct {
	layer Layer
	port  uint16
}

// below reports whether a failed p means that t has failed: it looks at the same
// layer or at one that t stands on.
func (p Probe) below(t topic) bool {
	return p.Layer <= t.layer && (p.Layer == Host || p.Port == t.port)
}

// exact reports whether p looks at t itself.
func (p Probe) exact(t topic) bool { return p.Layer == t.layer && p.Port == t.port }

// topicsOf returns what there is to vote about.
func topicsOf(probes []Probe) []topic {
	var out []topic
	seen := map[topic]bool{}
	for _, p := range probes {
		t := topic{p.Layer, p.Port}
		if !seen[t] {
			seen[t] = true
			out = append(out, t)
		}
	}
	return out
}

// A ballot is one vantage's vote on one topic.
type ballot struct {
	v      *vantage
	vote   Vote
	reason Reason
	began  time.Time // ForFailed: when its misses began
	misses bool      // ForFailed: its latest look was in vain, too
	lastOK time.Time // when its latest good look at the topic itself began; zero if one of its probes has none
	load   bool
	looks  bool // it probes the topic itself
}

// vote asks v about topic t of server at now.
func (v *vantage) vote(c *Config, server string, t topic, now time.Time) ballot {
	b := ballot{v: v}
	if why := v.abstains(server, now); why != None {
		b.vote, b.reason = Abstains, why
		return b
	}
	exact, healthy, failed := 0, 0, 0
	var low *track // the failed probe of a lower layer
	for _, p := range c.Probes {
		tr := v.tracks[trackKey{server, p.Name}]
		if tr == nil || !tr.fresh(now, v.overdue) || !p.below(t) {
			continue
		}
		if !p.exact(t) {
			if tr.view == Failed {
				low = tr
			}
			continue
		}
		exact++
		b.looks = true
		b.load = b.load || tr.load >= c.Misses
		if exact == 1 || tr.lastOK.Before(b.lastOK) {
			b.lastOK = tr.lastOK
		}
		switch tr.view {
		case Failed:
			failed++
			b.fail(tr)
		case Healthy:
			healthy++
		case Unknown:
		}
	}
	switch {
	case failed > 0:
	case low != nil && healthy == 0:
		b.fail(low)
	case exact == 0:
		b.vote, b.reason = NoOpinion, NoSuchProbe
	case healthy == exact:
		b.vote = ForHealthy
	default:
		b.vote, b.reason = Undecided, TooFewSamples
	}
	return b
}

func (b *ballot) fail(t *track) {
	b.vote = ForFailed
	b.misses = b.misses || t.misses > 0
	if b.began.IsZero() || t.began.Before(b.began) {
		b.began, b.reason = t.began, t.reason
	}
}

// A count is the outcome of a vote.
type count struct {
	failed, healthy, eligible int
	suspected                 bool // somebody says Failed, whether it counts or not
	away                      bool // one of the failed is away from the controller
	goodAway                  bool // one of the healthy is
	split, load, looked       bool
	corroborated              bool
	since                     time.Time
}

// tally counts ballots. Who is answered again, though not often enough yet to be
// sure, upholds a failure that stands and makes no new one: what is left of a cut
// that has healed, and one new miss of somebody else, would look like one.
func tally(c *Config, ballots []ballot, stands bool) count {
	var n count
	peer, routers, routersFailed := false, 0, 0
	for _, b := range ballots {
		n.load, n.looked = n.load || b.load, n.looked || b.looks
		counts := b.vote == ForFailed && (b.misses || stands)
		switch b.vote {
		case ForFailed:
			n.suspected = true
			if b.began.After(n.since) {
				n.since = b.began
			}
			if counts {
				n.failed++
				n.away = n.away || !b.v.Beside
				peer = peer || b.v.Kind == Peer
			}
		case ForHealthy:
			n.healthy++
			n.goodAway = n.goodAway || !b.v.Beside
		case Undecided:
		case Abstains, NoOpinion:
			continue
		}
		n.eligible++
		if b.v.Kind == Router {
			routers++
			if counts {
				routersFailed++
			}
		}
	}
	n.corroborated = c.QuorumAlone || peer || routers > 0 && routers == routersFailed
	if n.suspected {
		n.split = contradicted(ballots, n.since)
	}
	return n
}

// contradicted reports whether a vantage that serves users reached the server
// after all those who say Failed had begun to miss it. A dead server is reached
// by nobody after that, so this is no race with a vantage that merely counts
// more slowly.
func contradicted(ballots []ballot, since time.Time) bool {
	for _, b := range ballots {
		if b.v.Users && (b.vote == ForHealthy || b.vote == Undecided) && b.lastOK.After(since) {
			return true
		}
	}
	return false
}

// confirmed returns None if the count proves a failure, and otherwise what is
// missing.
func (n count) confirmed(c *Config) Reason {
	switch {
	case n.split:
		return Partition
	case n.eligible < c.Quorum:
		return FewVantages
	case n.failed < c.Quorum:
		return TooFewVotes
	case !n.away:
		return AllBeside
	case !n.corroborated:
		return Uncorroborated
	}
	return None
}
