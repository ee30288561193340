package replication_test

import (
	"context"
	"net"
	"testing"
	"time"

	"jembatan/health/replication"
)

// What answers at a database's port greets with too few bytes for a server.
func TestGreetedByNonsense(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = c.Write([]byte{1, 0, 0, 0, 10})
		_, _ = c.Read(make([]byte, 1)) // Until the other end is closed.
	}()
	db, err := replication.Account{Address: l.Addr().String(), User: "check"}.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := db.PingContext(ctx); err == nil {
		t.Error("nonsense is a database")
	}
	<-closed
}
