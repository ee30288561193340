package replication_test

import (
	"maps"
	"testing"
	"time"

	"jembatan/health/replication"
	"jembatan/tunnel"
)

// TestWhoMayAcknowledge reads the replica side in what both families print. What
// was not printed is not known, but for a plugin that is not there.
func TestWhoMayAcknowledge(t *testing.T) {
	const enabled, works = "rpl_semi_sync_slave_enabled", "Rpl_semi_sync_slave_status"
	const enabled8, works8 = "rpl_semi_sync_replica_enabled", "Rpl_semi_sync_replica_status"
	type row = replication.Row
	for name, c := range map[string]struct {
		engine            tunnel.DatabaseEngine
		variables, status row
		want              replication.Flag
	}{
		"off":                          {tunnel.MariaDB, row{enabled: "0"}, row{works: "OFF"}, replication.Yes},
		"on":                           {tunnel.MariaDB, row{enabled: "1"}, row{works: "ON"}, replication.No},
		"on, without contact":          {tunnel.MariaDB, row{enabled: "1"}, row{works: "OFF"}, replication.No},
		"off, with contact of before":  {tunnel.MariaDB, row{enabled: "0"}, row{works: "ON"}, replication.No},
		"nothing printed":              {tunnel.MariaDB, nil, nil, replication.FlagUnknown},
		"no status":                    {tunnel.MariaDB, row{enabled: "0"}, nil, replication.FlagUnknown},
		"MySQL off":                    {tunnel.MySQL, row{enabled8: "OFF"}, row{works8: "OFF"}, replication.Yes},
		"MySQL on":                     {tunnel.MySQL, row{enabled8: "ON"}, row{works8: "ON"}, replication.No},
		"MySQL, the old names":         {tunnel.MySQL, row{enabled: "ON"}, row{works: "OFF"}, replication.No},
		"MySQL without the plugin":     {tunnel.MySQL, nil, nil, replication.Yes},
		"MySQL, off, without a status": {tunnel.MySQL, row{enabled8: "OFF"}, nil, replication.FlagUnknown},
	} {
		rep := judgeTwice(c.engine, func(raw replication.Raw) {
			maps.Copy(raw.Variables, c.variables)
			maps.Copy(raw.Status, c.status)
		})
		if got := rep.Server("backup").Silent; got != c.want {
			t.Errorf("%s: silent %v, not %v", name, got, c.want)
		}
	}
}

// TestStuckAndCrowded follows the source side of the active server over rounds.
func TestStuckAndCrowded(t *testing.T) {
	var h replication.History
	for i, c := range []struct {
		yes, no, waiting, clients string
		epoch                     uint64
		stuck, crowded            replication.Flag
	}{
		{"10", "0", "2", "1", 1, replication.FlagUnknown, replication.No}, // There is no round before.
		{"12", "0", "2", "1", 1, replication.No, replication.No},
		{"12", "0", "2", "2", 1, replication.Yes, replication.Yes},
		{"12", "0", "0", "2", 1, replication.No, replication.Yes},
		{"12", "1", "3", "1", 1, replication.No, replication.No}, // One was let go.
		{"12", "1", "3", "1", 1, replication.Yes, replication.No},
		{"12", "1", "3", "1", 2, replication.FlagUnknown, replication.No},
		{"", "1", "3", "", 2, replication.FlagUnknown, replication.FlagUnknown},
	} {
		raw := good(tunnel.MariaDB, 1, i)
		for name, v := range map[string]string{"yes_tx": c.yes, "no_tx": c.no, "wait_sessions": c.waiting, "clients": c.clients} {
			if v != "" {
				raw.Status["Rpl_semi_sync_master_"+name] = v
			}
		}
		at := time.Unix(int64(100+i), 0)
		o := replication.Parse(tunnel.MariaDB, raw)
		o.Server, o.At = "main", at
		var rep replication.Report
		rep, h = replication.Judge(h, replication.Sample{Now: at, Active: "main", Epoch: c.epoch, Servers: []replication.Observation{o}}, replication.Rules{})
		if got := rep.Server("main"); got.Stuck != c.stuck || got.Crowded != c.crowded {
			t.Errorf("round %d: stuck %v, crowded %v", i, got.Stuck, got.Crowded)
		}
	}
}

// TestALinkThatTries tells one that goes on trying to reach its source from one that
// was stopped after it had lost it.
func TestALinkThatTries(t *testing.T) {
	for io, want := range map[string]bool{"Connecting": true, "No": false} {
		rep := judgeTwice(tunnel.MariaDB, func(raw replication.Raw) {
			maps.Copy(raw.Links[0], replication.Row{"Slave_IO_Running": io, "Last_IO_Errno": "2003"})
		})
		for _, l := range rep.Links {
			if l.To == "backup" && (l.Reason != replication.SourceLost || l.Tries != want) {
				t.Errorf("%s: %+v", io, l)
			}
		}
	}
}
