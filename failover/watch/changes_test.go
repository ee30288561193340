package watch

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/failover"
	"jembatan/health"
	"jembatan/health/replication"
	"jembatan/health/replication/gtid"
)

func TestChanges(t *testing.T) {
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	errant, err := gtid.ParseMariaDB("10-2-7")
	if err != nil {
		t.Fatal(err)
	}
	r := replication.Report{At: at, Servers: []replication.ServerReport{
		{Server: "main", State: replication.InSync, Open: replication.Yes, Waits: replication.Yes, Stuck: replication.Yes, Crowded: replication.Yes},
		{Server: "a", State: replication.InSync, Open: replication.No, Drained: replication.Yes, Fresh: replication.Yes, SyncedAt: at, LosslessAt: at, Acking: replication.Yes, Silent: replication.No},
		{Server: "b", State: replication.Lagging, Behind: 3, Lag: time.Second, Silent: replication.Yes, Drained: replication.No, Fresh: replication.No},
		{Server: "c", State: replication.Broken, Errno: 1062, Errant: errant},
		{Server: "d", State: replication.Forked},
		{Server: "e", State: replication.Unknown, Reason: replication.ActiveNoAnswer, SourceLost: true, SyncedAt: at.Add(-time.Second)},
	}}
	want := []failover.ReplicationChanged{
		{Time: at, Server: "main", Sync: failover.InSync, Open: true, AcksOn: true, Stuck: true, Crowded: true},
		{Time: at, Server: "a", Sync: failover.InSync, Closed: true, Drained: true, Fresh: true, SyncedAt: at, LosslessAt: at, WriteTested: true, Acking: true, Loud: true},
		{Time: at, Server: "b", Sync: failover.Lagging, Behind: 3, Lag: time.Second, Silent: true},
		{Time: at, Server: "c", Sync: failover.Broken, Code: 1062, Errant: true},
		{Time: at, Server: "d", Sync: failover.SyncForked},
		{Time: at, Server: "e", SourceLost: true, SyncedAt: at.Add(-time.Second)},
	}
	if d := cmp.Diff(want, Changes(r, map[string]bool{"a": true, "b": false})); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestPeerSamples(t *testing.T) {
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	lost, fresh, stale := replication.SourceLost, replication.Yes, replication.No
	for _, tt := range []struct {
		name string
		link replication.LinkReport
		want []health.Reason // None: an answer; the link was never connected before
	}{
		{"heard", replication.LinkReport{Fresh: fresh}, []health.Reason{health.None}},
		{"applying has stopped", replication.LinkReport{Fresh: fresh, Reason: replication.ThreadStopped, Errno: 1062}, []health.Reason{health.None}},
		{"refused", replication.LinkReport{Reason: lost, Errno: 2003, Tries: true}, []health.Reason{health.PeerLost}},
		{"refused, a moment after the last heartbeat", replication.LinkReport{Reason: lost, Errno: 2003, Tries: true, Fresh: fresh}, []health.Reason{health.PeerLost}},
		{"its first attempt", replication.LinkReport{Reason: lost, Tries: true, Fresh: stale}, nil},
		{"a network error of the server's", replication.LinkReport{Reason: lost, Errno: 1158, Tries: true}, []health.Reason{health.PeerLost}},
		{"the source denies", replication.LinkReport{Reason: lost, Errno: 1045, Tries: true}, nil},
		{"stopped after it was lost", replication.LinkReport{Reason: lost, Errno: 2003, Fresh: stale}, nil},
		{"stopped by hand", replication.LinkReport{Reason: replication.ThreadStopped, Fresh: stale}, nil},
		{"nothing arrives yet", replication.LinkReport{Fresh: stale}, nil},
		{"not known", replication.LinkReport{}, nil},
	} {
		tt.link.From, tt.link.To = "main", "backup"
		var want []health.Sample
		for _, reason := range tt.want {
			want = append(want, health.Sample{
				Server: "main", Vantage: "database:backup", Probe: "replication", At: at, OK: reason == health.None, Reason: reason,
			})
		}
		r := replication.Report{At: at, Links: []replication.LinkReport{tt.link, {From: "", To: "main", Fresh: fresh}}}
		if d := cmp.Diff(want, peerSamples(r, nil, nil)); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, d)
		}
	}
}

// TestJoined: a thread that was connected has lost its source when it waits for an
// answer; one that was stopped, or not looked at, meanwhile has not.
func TestJoined(t *testing.T) {
	of := func(links ...replication.LinkReport) replication.Report {
		for i := range links {
			links[i].From, links[i].To = "main", "backup"
		}
		return replication.Report{Links: links}
	}
	heard := of(replication.LinkReport{Fresh: replication.Yes})
	waiting := of(replication.LinkReport{Reason: replication.SourceLost, Tries: true})
	stopped := of(replication.LinkReport{Reason: replication.ThreadStopped})
	for _, tt := range []struct {
		name   string
		rounds []replication.Report
		miss   bool
	}{
		{"never connected", []replication.Report{waiting}, false},
		{"connected", []replication.Report{heard, waiting}, true},
		{"connected, then silent", []replication.Report{heard, of(replication.LinkReport{Fresh: replication.No}), waiting}, true},
		{"for long", []replication.Report{heard, waiting, waiting}, true},
		{"stopped and started", []replication.Report{heard, stopped, waiting}, false},
		{"not looked at meanwhile", []replication.Report{heard, of(), waiting}, false},
	} {
		var j joined
		for _, r := range tt.rounds {
			j = j.after(r)
		}
		if got := peerSamples(tt.rounds[len(tt.rounds)-1], j, nil); (len(got) == 1 && got[0].Reason == health.PeerLost) != tt.miss {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
}
