package watch

import (
	"testing"
	"time"

	"jembatan/health"
	"jembatan/health/replication"
	"jembatan/health/replication/gtid"
)

// TestSilences holds when a standby confirms that nothing is committed: rounds a
// second apart of what it had received and how many heartbeats.
func TestSilences(t *testing.T) {
	type round struct {
		received string
		beats    uint64
		change   func(*replication.Link)
	}
	broken := func(l *replication.Link) { l.IO = replication.Connecting }
	unknown := func(l *replication.Link) { l.HeartbeatsKnown = replication.FlagUnknown }
	behind := func(l *replication.Link) { l.Delay, l.SecondsBehind = replication.Yes, "3600" }
	for _, tt := range []struct {
		name   string
		since  time.Duration // of the tokens in vain
		rounds []round
		want   bool
	}{
		{"only heartbeats", 0, []round{{"1-1-5", 3, nil}, {"1-1-5", 4, nil}}, true},
		{"the first reading", 0, []round{{"1-1-5", 3, nil}}, false},
		{"not even heartbeats", 0, []round{{"1-1-5", 3, nil}, {"1-1-5", 3, nil}, {"1-1-5", 3, nil}}, false},
		{"others commit", 0, []round{{"1-1-5", 3, nil}, {"1-1-6", 4, nil}, {"1-1-7", 5, nil}}, false},
		{"others did until now", 0, []round{{"1-1-5", 3, nil}, {"1-1-6", 4, nil}, {"1-1-6", 5, nil}}, true},
		{"it applies an hour late", 0, []round{{"1-1-5", 3, behind}, {"1-1-6", 3, behind}, {"1-1-7", 3, behind}}, false},
		{"late, and nothing comes", 0, []round{{"1-1-5", 3, behind}, {"1-1-5", 4, behind}}, true},
		{"before the tokens were in vain", 90 * time.Second, []round{{"1-1-5", 3, nil}, {"1-1-5", 4, nil}}, false},
		{"the link is broken", 0, []round{{"1-1-5", 3, nil}, {"1-1-5", 4, broken}}, false},
		{"the link is back", 0, []round{{"1-1-5", 3, nil}, {"1-1-5", 4, broken}, {"1-1-5", 5, nil}}, false},
		{"begun anew", 0, []round{{"1-1-5", 3, nil}, {"1-1-5", 0, nil}}, false},
		{"heartbeats are not known", 0, []round{{"1-1-5", 3, unknown}, {"1-1-5", 4, unknown}}, false},
	} {
		s := make(silences)
		var got map[string]bool
		r := replication.Report{Active: "main", Links: []replication.LinkReport{{From: "main", To: "backup"}}}
		for i, round := range tt.rounds {
			position, err := gtid.ParsePosition(round.received)
			if err != nil {
				t.Fatal(err)
			}
			l := replication.Link{
				IO: replication.Running, Received: position, ReceivedKnown: replication.Yes, Heartbeats: round.beats, HeartbeatsKnown: replication.Yes,
			}
			if round.change != nil {
				round.change(&l)
			}
			at := epoch0.Add(time.Duration(i) * time.Second)
			got = s.mute(r, []replication.Observation{{Server: "main", At: at}, {Server: "backup", At: at, Links: []replication.Link{l}}}, epoch0.Add(tt.since))
		}
		if got["backup"] != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got["backup"], tt.want)
		}
	}
}

// TestMutePeer says that the active server's writes fail, and nothing of others.
func TestMutePeer(t *testing.T) {
	r := replication.Report{Active: "main", Links: []replication.LinkReport{
		{From: "main", To: "backup", Fresh: replication.Yes}, {From: "backup", To: "standby", Fresh: replication.Yes},
	}}
	got := peerSamples(r, nil, map[string]bool{"backup": true, "standby": true})
	if len(got) != 2 || got[0].OK || got[0].Reason != health.WriteFailed || got[0].Server != "main" || !got[1].OK {
		t.Errorf("%+v", got)
	}
}
