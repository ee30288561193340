package tunnel

import "time"

// DefaultProfile is the profile of policies that name none.
const DefaultProfile = "metro"

// Profiles returns the names of the profiles, fastest first.
func Profiles() []string { return []string{"lan", "metro", "wan"} }

// ProfilePolicy returns the policy that a profile stands for: how often to
// probe, how many misses in a row count as failed, how many good probes as
// healthy again, and how many observers must agree. ok is false for a name that
// is no profile.
//
// With one-second probes five misses keep false alarms years apart at 1 % loss
// and are through in six seconds; links with 5 % loss and more need eight.
func ProfilePolicy(profile string) (p Policy, ok bool) {
	p = Policy{Profile: profile, Quorum: 2, Failback: FailbackManual, Hold: 10 * time.Minute}
	switch profile {
	case "lan":
		p.Interval, p.Misses, p.Rises = 500*time.Millisecond, 3, 10
	case "metro":
		p.Interval, p.Misses, p.Rises = time.Second, 5, 10
	case "wan":
		p.Interval, p.Misses, p.Rises = time.Second, 8, 10
	default:
		return Policy{}, false
	}
	return p, true
}
