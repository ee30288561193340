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

// TestRestarted notices a server that was started anew between two rounds, or before
// the one in which it answers again.
func TestRestarted(t *testing.T) {
	var h replication.History
	for beat, c := range []struct {
		uptime    string // empty: not printed; "-": it does not answer
		restarted bool
	}{{"3600", false}, {"3601", false}, {"1", true}, {"1", false}, {"5", false}, {"-", false}, {"", false}, {"4", true}, {"x", false}, {"5", false}} {
		raw := good(tunnel.MariaDB, 2, beat)
		if c.uptime != "" {
			raw.Status["Uptime"] = c.uptime
		}
		o := replication.Parse(tunnel.MariaDB, raw)
		o.Server, o.At = "backup", time.Unix(int64(100+beat), 0)
		if c.uptime == "-" {
			o = replication.Observation{Server: o.Server, At: o.At, Failure: replication.Failure{Reason: replication.NoAnswer}}
		}
		var rep replication.Report
		rep, h = replication.Judge(h, replication.Sample{Now: o.At, Active: "main", Epoch: 1, Servers: []replication.Observation{o}}, replication.Rules{})
		if got := rep.Server("backup").Restarted; got != c.restarted {
			t.Errorf("round %d, up for %q: restarted %v", beat, c.uptime, got)
		}
	}
}
