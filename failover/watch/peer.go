package watch

import (
	"jembatan/health"
	"jembatan/health/replication"
)

// serverErrors is where the numbers end that a server itself answers with; the
// client's own begin at 2000 (MariaDB and MySQL manuals, error codes). MariaDB's
// 1158 to 1161 and 1189 speak of the network all the same.
const serverErrors = 2000

// peerSamples are what the databases say of the servers that they read from. A
// link on which something arrived within two heartbeats is an answer; one whose
// receiving thread cannot reach its source is a miss. One that was stopped, whatever
// its last error was, or refused by the source is neither: the database has no
// opinion and falls silent; and so it does while its first attempt to connect is
// under way, for it has lost nothing, and a source that takes a standby back may
// keep it waiting. What hears only heartbeats of an active server that is written
// to, see mute, says that the writes fail.
func peerSamples(r replication.Report, joined joined, mute map[string]bool) []health.Sample {
	var out []health.Sample
	for i := range r.Links {
		l := &r.Links[i]
		if l.From == "" || l.From == l.To {
			continue
		}
		s := health.Sample{Server: l.From, Probe: replicating, Vantage: PeerVantage(l.To), At: r.At}
		switch {
		case l.From == r.Active && mute[l.To]:
			s.Reason = health.WriteFailed
		case l.Reason == replication.SourceLost && l.Tries && l.Errno == 0 && !joined[l.To+" "+l.Channel]:
			continue
		case l.Reason == replication.SourceLost && l.Tries && ofNetwork(l.Errno):
			s.Reason = health.PeerLost
		case l.Reason == replication.SourceLost || l.Fresh != replication.Yes:
			continue
		default:
			s.OK = true
		}
		out = append(out, s)
	}
	return out
}

// ofNetwork reports whether the error of a receiving thread means that its source
// did not answer; zero is a thread that has been waiting for an answer.
func ofNetwork(errno uint16) bool {
	switch errno {
	case 1158, 1159, 1160, 1161, 1189: // ER_NET_READ_ERROR … ER_NET_WRITE_INTERRUPTED, ER_MASTER_NET_READ
		return true
	}
	return errno == 0 || errno >= serverErrors
}

// joined are the links, by server and channel, that have been connected since their
// threads were started, as far as they were looked at all the time.
type joined map[string]bool

// after returns what is joined after a round.
func (j joined) after(r replication.Report) joined {
	next := make(joined, len(j))
	for i := range r.Links {
		l := &r.Links[i]
		key := l.To + " " + l.Channel
		switch l.Reason { //nolint:exhaustive // The rest says nothing of the receiving thread.
		case replication.SourceLost:
			next[key] = j[key] && l.Tries
		case replication.ThreadStopped, replication.ThreadError, replication.DuplicateID, replication.Purged:
			next[key] = l.Fresh == replication.Yes
		default:
			next[key] = j[key] || l.Fresh == replication.Yes
		}
	}
	return next
}
