package replication_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"jembatan/health/replication"
	"jembatan/tunnel"
)

// TestPageNamesEverySetting: whatever is warned of is explained in docs/reference/database.md.
func TestPageNamesEverySetting(t *testing.T) {
	page, err := os.ReadFile("../../docs/reference/database.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []tunnel.DatabaseEngine{tunnel.MariaDB, tunnel.MySQL} {
		var servers []replication.Observation
		for i, name := range []string{"main", "backup"} {
			domain := string(rune('1' + i))
			o := replication.Parse(e, replication.Raw{
				Variables: replication.Row{"server_id": domain, "gtid_domain_id": domain, "gtid_ignore_duplicates": "0", "rpl_semi_sync_master_enabled": "1"},
				Links:     []replication.Row{{"Slave_received_heartbeats": "1"}, {"Slave_received_heartbeats": "1"}},
				Status:    replication.Row{"Rpl_semi_sync_master_clients": "2"},
			})
			o.Server = name
			servers = append(servers, o)
		}
		rep, _ := replication.Judge(replication.History{}, replication.Sample{Now: time.Unix(0, 0), Active: "main", Servers: servers}, replication.Rules{SemiSync: true})
		if len(rep.Warnings) < 20 {
			t.Errorf("%s: only %d warnings about a server without settings", e, len(rep.Warnings))
		}
		for _, w := range rep.Warnings {
			if !strings.Contains(string(page), w.Setting) || w.Why == "" || w.Want == "" {
				t.Errorf("%s: %+v", e, w)
			}
		}
	}
}
