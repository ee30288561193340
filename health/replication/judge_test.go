package replication_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jembatan/health/replication"
	"jembatan/tunnel"
)

const uuids = "3e11fa47-71ca-11e1-9e33-c80aa942956"

// good is what the i-th server of a pair in sync prints.
func good(e tunnel.DatabaseEngine, i, beat int) replication.Raw {
	id, peer := fmt.Sprint(i), fmt.Sprint(3-i)
	ro := fmt.Sprint(i - 1)
	link := replication.Row{
		"Slave_IO_Running": "Yes", "Slave_SQL_Running": "Yes", "Last_IO_Errno": "0", "Last_SQL_Errno": "0", "Skip_Counter": "0",
		"Until_Condition": "None", "SQL_Delay": "0", "Master_Server_Id": peer, "Replicate_Do_DB": "",
	}
	vars := replication.Row{"server_id": id, "read_only": ro, "log_bin": "1", "log_slave_updates": "1"}
	raw := replication.Raw{Variables: vars, Links: []replication.Row{link}, Status: replication.Row{}}
	if e == tunnel.MariaDB {
		maps.Copy(vars, replication.Row{"gtid_binlog_state": "10-1-7", "gtid_slave_pos": "10-1-7", "version": "10.11.19-MariaDB"})
		maps.Copy(link, replication.Row{"Using_Gtid": "Slave_Pos", "Gtid_IO_Pos": "10-1-7", "Slave_received_heartbeats": fmt.Sprint(beat), "Slave_heartbeat_period": "1"})
		return raw
	}
	maps.Copy(vars, replication.Row{
		"server_uuid": uuids + id, "gtid_mode": "ON", "gtid_executed": uuids + "1:1-7", "gtid_purged": "", "super_read_only": ro, "version": "8.4.3",
	})
	maps.Copy(link, replication.Row{"Auto_Position": "1", "Retrieved_Gtid_Set": uuids + "1:3-7", "Master_UUID": uuids + peer, "Channel_Name": ""})
	raw.Connections = []replication.Row{{"CHANNEL_NAME": "", "SERVICE_STATE": "ON", "COUNT_RECEIVED_HEARTBEATS": fmt.Sprint(beat), "HEARTBEAT_INTERVAL": "1"}}
	return raw
}

// needed are the values without which nothing may be called in sync.
func needed(e tunnel.DatabaseEngine) []string {
	out := []string{
		"Slave_IO_Running", "Slave_SQL_Running", "Last_IO_Errno", "Last_SQL_Errno", "Skip_Counter", "Until_Condition", "SQL_Delay",
	}
	if e == tunnel.MariaDB {
		return append(out, "gtid_binlog_state", "log_bin", "log_slave_updates", "Using_Gtid", "Gtid_IO_Pos", "Master_Server_Id", "Slave_received_heartbeats")
	}
	return append(out, "server_uuid", "gtid_mode", "gtid_executed", "gtid_purged", "Auto_Position", "Retrieved_Gtid_Set", "COUNT_RECEIVED_HEARTBEATS", "super_read_only")
}

// judgeTwice plays two rounds, a second apart; change may touch what the standby
// prints in each.
func judgeTwice(e tunnel.DatabaseEngine, change func(replication.Raw)) replication.Report {
	var h replication.History
	var rep replication.Report
	for beat := range 2 {
		at := time.Unix(int64(100+beat), 0)
		b := good(e, 2, beat)
		change(b)
		main, backup := replication.Parse(e, good(e, 1, beat)), replication.Parse(e, b)
		main.Server, main.At, backup.Server, backup.At = "main", at, "backup", at
		s := replication.Sample{Now: at, Active: "main", Epoch: 1, Servers: []replication.Observation{main, backup}}
		rep, h = replication.Judge(h, s, replication.Rules{})
	}
	return rep
}

func rowsOf(raw replication.Raw) []replication.Row {
	return append(append([]replication.Row{raw.Variables}, raw.Links...), raw.Connections...)
}

// TestWithoutOneValueNothingIsInSync takes away each value by itself.
func TestWithoutOneValueNothingIsInSync(t *testing.T) {
	for _, e := range []tunnel.DatabaseEngine{tunnel.MariaDB, tunnel.MySQL} {
		if got := judgeTwice(e, func(replication.Raw) {}).Server("backup"); got.State != replication.InSync {
			t.Fatalf("%s: all there: %s", e, show(got))
		}
		for _, name := range needed(e) {
			got := judgeTwice(e, func(raw replication.Raw) {
				for _, r := range rowsOf(raw) {
					delete(r, name)
				}
			}).Server("backup")
			if got.State == replication.InSync || got.Reason == replication.NoReason {
				t.Errorf("%s without %s: %s", e, name, show(got))
			}
		}
	}
}

// TestNothingIsInSyncByChance puts anything anywhere: it never panics, and what
// lacks a needed value is never in sync.
func TestNothingIsInSyncByChance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := rapid.SampledFrom([]tunnel.DatabaseEngine{tunnel.MariaDB, tunnel.MySQL}).Draw(t, "engine")
		all := []string{}
		for _, r := range rowsOf(good(e, 2, 0)) {
			all = append(all, slices.Sorted(maps.Keys(r))...)
		}
		gone := rapid.SliceOfDistinct(rapid.SampledFrom(all), rapid.ID[string]).Draw(t, "gone")
		other := rapid.MapOf(rapid.SampledFrom(all), rapid.OneOf(rapid.String(), rapid.StringMatching(`\d{1,3}-\d-\d{1,4}`))).Draw(t, "other")
		rep := judgeTwice(e, func(raw replication.Raw) {
			for _, r := range rowsOf(raw) {
				for k, v := range other {
					if _, there := r[k]; there {
						r[k] = v
					}
				}
				for _, k := range gone {
					delete(r, k)
				}
			}
		})
		sr := rep.Server("backup")
		lacks := slices.ContainsFunc(gone, func(k string) bool { return slices.Contains(needed(e), k) })
		if sr.State == replication.InSync && lacks {
			t.Fatalf("in sync without %v", gone)
		}
		if (sr.State == replication.InSync) != (sr.Reason == replication.NoReason) {
			t.Fatalf("a state without its reason: %s", show(sr))
		}
	})
}

// TestSecretIsNeverPrinted plants one.
func TestSecretIsNeverPrinted(t *testing.T) {
	a := replication.Account{Address: "127.0.0.1:1", User: "u", Password: "pl4nted"}
	db, err := a.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	o := replication.Read(t.Context(), replication.Target{Name: "x", DB: db}, replication.ReadOptions{})
	for _, text := range []string{fmt.Sprintf("%v %+v %#v %s %q %d", a, a, a, a.Password, a.Password, a.Password), fmt.Sprintf("%+v", o), fmt.Sprint(db.PingContext(t.Context()))} {
		if strings.Contains(text, "pl4nted") {
			t.Errorf("it shows: %s", text)
		}
	}
	if o.Failure.Reason != replication.NoAnswer {
		t.Errorf("%+v", o.Failure)
	}
}
