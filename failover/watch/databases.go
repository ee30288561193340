package watch

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"jembatan/failover/actuator/database"
	"jembatan/health/replication"
	"jembatan/tunnel"
)

// databases are the servers' databases while a Watcher runs.
type databases struct {
	w       *Watcher
	servers []*server
	rules   replication.Rules
	round   time.Duration // between two readings
	every   time.Duration // between two tokens
	limit   time.Duration // of one reading
	writes  *attempts

	mu     sync.Mutex // guards what follows
	tokens replication.TokenLog
	of     Active // under whom the tokens were written
	tested map[string]tested
}

// A server is one database, with a handle for each account.
type server struct {
	name                 string
	check, writer, admin *sql.DB
	reading              chan replication.Observation // of the reading under way; nil: none
	began                time.Time                    // when it began
	hung                 bool                         // the latest one was not in when it was wanted
}

// open makes the handles. Nothing is dialed yet.
func (w *Watcher) open() (*databases, error) {
	d := &databases{
		w: w, round: roundOf(w.service.Policy), every: tokenRound(w.service.Policy), limit: readLimit(w.service.Policy),
		writes: &attempts{limit: max(longestRound, w.service.Policy.Timeout)},
		rules: replication.Rules{
			SemiSync: w.service.Replication.SemiSync, Lease: w.service.Policy.SiteLoss == tunnel.SiteLossLease,
		},
		tested: make(map[string]tested),
	}
	for _, s := range w.service.Servers {
		one := &server{name: s.Name}
		d.servers = append(d.servers, one)
		for _, h := range []struct {
			handle **sql.DB
			login  database.Login
			answer time.Duration
		}{
			{&one.check, w.o.Accounts.Check, d.limit},
			{&one.writer, w.o.Accounts.Writer, writeLimit},
			{&one.admin, w.o.Accounts.Fence, testLimit},
		} {
			db, err := replication.Account{
				Address: w.o.At(s, w.service.Replication.Port).String(), User: h.login.User, Password: h.login.Password,
				TLS: w.o.TLS, Timeout: d.limit, Answer: h.answer,
				// What is on its way to a server when this process stops leading is
				// thrown away, not delivered later.
				Abort: true,
			}.Open()
			if err != nil {
				d.close()
				return nil, fmt.Errorf("databases of %s: %w", w.service.Name, err)
			}
			db.SetMaxOpenConns(1)
			*h.handle = db
		}
	}
	return d, nil
}

func (d *databases) close() {
	for _, s := range d.servers {
		for _, db := range []*sql.DB{s.check, s.writer, s.admin} {
			if db != nil {
				_ = db.Close() // Nothing is under way any more.
			}
		}
	}
}

// run reads, writes tokens and tests until ctx ends.
func (d *databases) run(ctx context.Context, sink Sink) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return d.rounds(ctx, sink) })
	g.Go(func() error { return d.tellWrites(ctx, sink) })
	for _, s := range d.servers {
		g.Go(func() error { return d.write(ctx, s) })
		g.Go(func() error { return d.test(ctx, s) })
	}
	return g.Wait()
}

// engine is the family that the topology says.
func (d *databases) engine() tunnel.DatabaseEngine { return d.w.service.Replication.Engine }
