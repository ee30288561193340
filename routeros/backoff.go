package routeros

import (
	"math/rand/v2"
	"time"
)

// A backoff is a growing delay.
type backoff struct{ least, most time.Duration }

func newBackoff(least, most time.Duration) backoff {
	if least <= 0 {
		least = defaultBackoffMin
	}
	if most <= 0 {
		most = defaultBackoffMax
	}
	return backoff{least: least, most: max(least, most)}
}

// delay returns the delay after n failures before this one: least doubled n
// times up to most, less a random part of up to a half, so that routers lost
// together do not come back together.
func (b backoff) delay(n int) time.Duration {
	d := b.least
	for range n {
		if d >= b.most/2 {
			d = b.most
			break
		}
		d *= 2
	}
	return d - rand.N(d/2+1) // Jitter, not a secret.
}
