package tunnel

import "time"

// DefaultProfile is the profile of policies that name none.
const DefaultProfile = "metro"

// Profiles returns the names of the profiles, fastest first.
func Profiles() []string { return []string{"lan", "metro", "wan"} }

// ProfilePolicy returns the policy that a profile stands for: how often to
// probe, how many misses in a row count as failed, how many good probes as
// healthy again, and how many observers must agree. None fails over without
// being asked. ok is false for a name that is no profile.
//
// A probe may take as long as the interval, and half of it in a LAN, where an
// answer after 50 ms is none. With one-second probes five misses of one observer
// are found in 5.5 s, at worst 6 s, and at 1 % loss one observer is wrong every
// ten years; links with 5 % loss and more need eight (8.5 s). In a LAN three
// misses of ten probes a second are found in 0.3 s, at worst 0.35 s; at 1 % loss
// two of three observers are wrong together every six years, and at 2 % every
// month, so lan is for links that lose less. health.DetectionMean and health.FalseVerdictProbes compute
// these.
func ProfilePolicy(profile string) (p Policy, ok bool) {
	p = Policy{
		Profile: profile, Quorum: 2, PerHour: 1, PerDay: 3, SiteLoss: SiteLossHold,
		Failback: FailbackManual, Hold: 10 * time.Minute,
	}
	switch profile {
	case "lan":
		p.Interval, p.Timeout, p.Misses, p.Rises = 100*time.Millisecond, 50*time.Millisecond, 3, 10
	case "metro":
		p.Interval, p.Timeout, p.Misses, p.Rises = time.Second, time.Second, 5, 10
	case "wan":
		p.Interval, p.Timeout, p.Misses, p.Rises = time.Second, time.Second, 8, 10
	default:
		return Policy{}, false
	}
	return p, true
}

// UsualTimeout returns how long a probe may take where a policy of the profile
// does not say: what the profile says, unless the interval is another one; then
// the interval.
func UsualTimeout(profile Policy, interval time.Duration) time.Duration {
	if interval == profile.Interval {
		return profile.Timeout
	}
	return interval
}
