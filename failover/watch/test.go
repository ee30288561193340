package watch

import (
	"context"
	"errors"
	"time"

	"jembatan/failover/actuator/database"
	"jembatan/tunnel"
)

// Times of test writes on standbys.
const (
	testEvery = 5 * time.Second
	testAgain = time.Second // after a failure
	testLimit = 2 * time.Second
	testValid = 3 * testEvery
)

// tested is the outcome of the latest test write on a server.
type tested struct {
	at time.Time
	ok bool
}

// test writes on a server and rolls it back, now and again, while it is a standby
// and this process leads. While nobody may write all of them are standbys: the
// next one may be needed in the middle of a move.
func (d *databases) test(ctx context.Context, s *server) error {
	var next time.Time
	return each(ctx, d.every, func(now time.Time) {
		active := d.w.o.Active()
		if !active.Leading || active.Server == s.name {
			next = time.Time{}
			return
		}
		if now.Before(next) {
			return
		}
		ok := d.testOnce(ctx, s)
		next = time.Now().Add(testAgain)
		if ok {
			next = time.Now().Add(testEvery)
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.tested[s.name] = tested{time.Now(), ok}
	})
}

// testOnce reports whether a test write passed. MySQL's super_read_only refuses it
// to everybody: there the refusal itself is all that a standby can show.
func (d *databases) testOnce(ctx context.Context, s *server) bool {
	ctx, cancel := context.WithTimeout(ctx, testLimit)
	defer cancel()
	err := database.Server{Name: s.name, Engine: d.engine(), Admin: s.admin}.DryRun(ctx)
	return err == nil || d.engine() == tunnel.MySQL && errors.Is(err, database.ErrUnproven)
}

// passed are the servers on which a test write has succeeded lately.
func (d *databases) passed(now time.Time) map[string]bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make(map[string]bool, len(d.tested))
	for name, t := range d.tested {
		out[name] = t.ok && now.Sub(t.at) <= testValid
	}
	return out
}
