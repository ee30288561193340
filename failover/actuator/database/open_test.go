package database_test

import (
	"errors"
	"testing"

	"jembatan/failover/actuator/database"
	"jembatan/internal/mariadb"
)

// TestOpenTooLate: a process that was stopped in the middle of an opening, until
// another one led, opens nothing when it goes on.
func TestOpenTooLate(t *testing.T) {
	w := start(t, mariadb.Options{Servers: 2}, true)
	o := w.openServer(1, 5)
	asked := 0
	o.Leads = func() bool { asked++; return false }
	if _, err := o.Ensure(t.Context()); !errors.Is(err, database.ErrNotLeading) || asked != 1 {
		t.Errorf("%v, asked %d times", err, asked)
	}
	var readOnly bool
	must(t, w.Servers[1].Root().QueryRow("SELECT @@GLOBAL.read_only").Scan(&readOnly))
	if !readOnly {
		t.Error("it was opened")
	}
}
