package replication_test

import (
	"testing"
	"time"

	"jembatan/health/replication"
	"jembatan/tunnel"
)

// TestOwnWritesComeBack lets a server return whose recovery threw away what the
// active server has of it: that it comes back is no errant write, and what it
// writes then is one.
func TestOwnWritesComeBack(t *testing.T) {
	var h replication.History
	for beat, c := range []struct {
		log    string
		errant bool
	}{{"10-2-5", false}, {"10-2-7", false}, {"10-2-8", true}} {
		at := time.Unix(int64(100+beat), 0)
		a, b := good(tunnel.MariaDB, 1, beat), good(tunnel.MariaDB, 2, beat)
		a.Variables["gtid_binlog_state"], b.Variables["gtid_binlog_state"] = "10-2-7", c.log
		main, backup := replication.Parse(tunnel.MariaDB, a), replication.Parse(tunnel.MariaDB, b)
		main.Server, main.At, backup.Server, backup.At = "main", at, "backup", at
		s := replication.Sample{Now: at, Active: "main", Epoch: 1, Servers: []replication.Observation{main, backup}}
		var rep replication.Report
		rep, h = replication.Judge(h, s, replication.Rules{})
		if got := rep.Server("backup").Errant; got.Empty() == c.errant {
			t.Errorf("with %s: errant %s", c.log, got)
		}
	}
}

// TestUp reads how long a server has been running, from both families' row.
func TestUp(t *testing.T) {
	for text, want := range map[string]time.Duration{"3600": time.Hour, "": 0, "x": 0, "-1": 0, "18446744073709551615": 0} {
		raw := good(tunnel.MariaDB, 2, 0)
		if text != "" {
			raw.Status["Uptime"] = text
		}
		if got := replication.Parse(tunnel.MariaDB, raw).Up; got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestActiveIsInSyncWithNobody: that nothing is wrong with the active server's links
// says nothing of how its data stands to another one's, if that should be active.
func TestActiveIsInSyncWithNobody(t *testing.T) {
	rep := judgeTwice(tunnel.MariaDB, func(replication.Raw) {})
	if main := rep.Server("main"); main.State != replication.InSync || !main.SyncedAt.IsZero() {
		t.Errorf("%v, in sync at %v", main.State, main.SyncedAt)
	}
	if backup := rep.Server("backup"); backup.State != replication.InSync || backup.SyncedAt.IsZero() {
		t.Errorf("%v, in sync at %v", backup.State, backup.SyncedAt)
	}
}
