package effect_test

import (
	"context"
	"testing"
	"time"

	"jembatan/failover"
	"jembatan/failover/actuator/database"
	"jembatan/failover/effect"
	"jembatan/health/replication"
	"jembatan/internal/mariadb"
)

// A server without the lease's routines does not fence itself, however long it is
// silent: no time is named after which it would have.
func TestNoLease(t *testing.T) {
	c := mariadb.Test(t, mariadb.Options{Servers: 1})
	if err := c.Servers[0].Exec(t.Context(), "CREATE USER fence@'%' IDENTIFIED BY 'secret'"); err != nil {
		t.Fatal(err)
	}
	db, err := replication.Account{Address: c.Servers[0].Address(), User: "fence", Password: "secret", Abort: true}.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s := service(&fakeSwitch{}, nil)
	s.TTL, s.Valid, s.Holder = 2*time.Second, func() bool { return true }, "c1"
	s.Servers[1].Database, s.Servers[1].Renewer = &database.Server{Name: "backup", Admin: db}, db
	e := effect.New(s)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	defer func() { cancel(); <-done }()
	e.Renew("backup", 7)
	for range 200 {
		if got := e.Do(t.Context(), act(failover.StopRenewing)); got.Err == failover.Refused && got.LastRenewal.IsZero() {
			return
		}
		e.Renew("backup", 7)
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("it is taken for a server that fences itself")
}
