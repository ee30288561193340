package drill_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/health"
	"jembatan/internal/drill"
)

// samples makes one request each 20 ms: . is good, x refused, t lost, ? not sent.
func samples(text string) []drill.Sample {
	var out []drill.Sample
	for i, c := range text {
		s := drill.Sample{At: noon.Add(time.Duration(i) * 20 * time.Millisecond), Took: 2 * time.Millisecond}
		switch c {
		case '.':
			s.OK = true
		case 'x':
			s.Reason = health.Refused
		case 't':
			s.Took, s.Reason = 250*time.Millisecond, health.Timeout
		case '?':
			s.Reason = health.ProberFailed
		}
		out = append(out, s)
	}
	return out
}

func TestView(t *testing.T) {
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	at := func(n int) time.Time { return noon.Add(ms(n)) }
	for name, c := range map[string]struct {
		text string
		want drill.Path
	}{
		"nobody asked": {"", drill.Path{Outages: []drill.Outage{}}},
		"nothing happened": {"......", drill.Path{
			Sent: 6, Outages: []drill.Outage{}, Gap: ms(20), Typical: ms(2), Slowest: ms(2),
		}},
		"one outage": {"..ttx...", drill.Path{
			Sent: 8, Failed: 3, Lost: 2, Reasons: map[string]int{"timeout": 2, "refused": 1},
			Outages: []drill.Outage{{From: at(40), To: at(100)}}, Longest: ms(60), Gap: ms(80), Typical: ms(2), Slowest: ms(2),
		}},
		"a good one between is no recovery": {".x.x...", drill.Path{
			Sent: 7, Failed: 2, Reasons: map[string]int{"refused": 2},
			Outages: []drill.Outage{{From: at(20), To: at(80)}}, Longest: ms(60), Gap: ms(40), Typical: ms(2), Slowest: ms(2),
		}},
		"two outages": {".x...x...", drill.Path{
			Sent: 9, Failed: 2, Reasons: map[string]int{"refused": 2},
			Outages: []drill.Outage{{From: at(20), To: at(40)}, {From: at(100), To: at(120)}}, Longest: ms(20), Gap: ms(40), Typical: ms(2), Slowest: ms(2),
		}},
		"it has not ended": {"..xx..", drill.Path{
			Sent: 6, Failed: 2, Reasons: map[string]int{"refused": 2},
			Outages: []drill.Outage{{From: at(40)}}, Longest: ms(80), Gap: ms(60), Typical: ms(2), Slowest: ms(2),
		}},
		"what was not sent says nothing": {".?x?...", drill.Path{
			Sent: 5, Failed: 1, Unsent: 2, Reasons: map[string]int{"refused": 1},
			Outages: []drill.Outage{{From: at(40), To: at(80)}}, Longest: ms(40), Gap: ms(80), Typical: ms(2), Slowest: ms(2),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			to := noon.Add(time.Duration(len(c.text)) * 20 * time.Millisecond)
			c.want.From, c.want.To = noon, to
			if diff := cmp.Diff(c.want, drill.View(samples(c.text), noon, to, 3)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
