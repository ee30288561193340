package health

// A Reason names why a probe failed, why a vantage abstains, or why a verdict is
// what it is. The same words stand in logs, metrics, pages and tests.
type Reason string

// None is the reason of what went well.
const None Reason = ""

// Reasons of samples.
const (
	Timeout     Reason = "timeout"     // no answer in time; a cut cable, a dropped packet and a hung process look alike
	Refused     Reason = "refused"     // the host answered that nobody listens
	NoRoute     Reason = "no-route"    // the host or network is not reachable, says a router or the local stack
	NoCarrier   Reason = "no-carrier"  // the link to the server is down, says who holds its other end
	Reset       Reason = "reset"       // the connection was cut before the answer
	BadAnswer   Reason = "bad-answer"  // it spoke, but not what was expected
	BadStatus   Reason = "bad-status"  // an HTTP status other than the wanted one
	Certificate Reason = "certificate" // TLS failed
	Denied      Reason = "denied"      // the login or its privileges
	QueryFailed Reason = "query-failed"
	WriteFailed Reason = "write-failed" // the query ran, the test write did not
	PeerLost    Reason = "peer-lost"    // the replication thread that reads from it has lost it
	NotResolved Reason = "not-resolved" // the name has no address
)

// Reasons of load: the server is alive, and busy. They never count as misses
// unless the policy says so.
const (
	TooManyConnections Reason = "too-many-connections"
	Overloaded         Reason = "overloaded" // HTTP 429 and 503
	Slow               Reason = "slow"       // right, but later than the limit
)

// ProberFailed is the prober's own trouble. Such a sample says nothing about the
// server and is not counted.
const ProberFailed Reason = "prober-failed"

// Reasons why a vantage abstains or has no opinion.
const (
	SickReference    Reason = "reference-failed"  // none of its reference targets answers
	UnknownReference Reason = "reference-unknown" // they have not been probed yet
	Late             Reason = "late"              // its samples are overdue
	OnServer         Reason = "on-the-server"     // it would judge itself
	NoSuchProbe      Reason = "no-such-probe"
)

// Reasons of verdicts and suspicions.
const (
	QuorumFailed   Reason = "quorum-failed"   // Failed, and everything that must agree does
	QuorumHealthy  Reason = "quorum-healthy"  // Healthy
	TooFewSamples  Reason = "too-few-samples" // Unknown: nobody has seen enough
	TooFewVotes    Reason = "too-few-votes"   // suspected by fewer than the quorum
	FewVantages    Reason = "few-vantages"    // fewer than the quorum can see it at all
	AllBeside      Reason = "all-beside"      // only vantages beside the controller say so
	Uncorroborated Reason = "uncorroborated"  // neither the peer nor every router confirms it
	Partition      Reason = "partition"       // who serves users still reaches it
	Settling       Reason = "settling"        // a partition has just healed: Config.Settle
)

// Load reports whether r speaks of a server that is alive and busy.
func (r Reason) Load() bool {
	return r == TooManyConnections || r == Overloaded || r == Slow
}

// Sure reports whether r is evidence of its own, not silence: somebody answered
// that the server, or the process on it, is gone. It may shorten the wait and
// never the quorum.
func (r Reason) Sure() bool { return r == Refused || r == NoCarrier }
