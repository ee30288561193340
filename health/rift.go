package health

import "time"

// A rift is a partition as it shows in the votes about one server: some say
// Failed while one that serves users reaches it.
type rift struct {
	from, to time.Time // the latest one; zero: none, or it is long over
}

// note counts whether the votes are split at now. One that does not last is
// forgotten: a server that dies is missed by some sooner than by others.
func (r *rift) note(split bool, now time.Time, c *Config) {
	switch {
	case split:
		r.to = now
		if r.from.IsZero() {
			r.from = now
		}
	case !r.heals(now, c):
		*r = rift{}
	}
}

// heals reports whether a partition that lasted is over, and not yet for long. What
// was cut off is not as it was at once: databases connect again, and while MariaDB
// takes a standby back that it had not missed yet, it lets nobody else in for a
// second (kill_zombie_dump_threads waits for the receiver of acknowledgements under
// a lock that each new connection needs).
func (r *rift) heals(now time.Time, c *Config) bool {
	return r.to.Sub(r.from) >= DetectionWorst(c.Interval, c.Timeout, c.Misses) && now.Sub(r.to) < c.Settle
}
