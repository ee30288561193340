package health_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"jembatan/health"
)

// However the samples of one vantage look, they alone never make a server
// failed (I3), and a partition is never a failure (I11).
func TestNoFailureByOneVantage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, err := health.New(config())
		if err != nil {
			t.Fatal(err)
		}
		liar := rapid.SampledFrom([]string{"controller", "jkt", "sby", "peer"}).Draw(t, "liar")
		reasons := []health.Reason{health.Timeout, health.Refused, health.NoCarrier, health.TooManyConnections, health.None, health.ProberFailed}
		now := dawn
		for range rapid.IntRange(1, 60).Draw(t, "seconds") {
			now = now.Add(time.Duration(rapid.IntRange(1, 3000).Draw(t, "ms")) * time.Millisecond)
			for _, l := range all() {
				if l.vantage == liar {
					l.reason = rapid.SampledFrom(reasons).Draw(t, "reason")
				} else if rapid.IntRange(0, 3).Draw(t, "silent") == 0 {
					continue
				}
				changes := d.Observe(health.Sample{Server: "main", Probe: l.probe, Vantage: l.vantage, At: now, OK: l.reason == "", Reason: l.reason})
				for _, c := range changes {
					if c.To == health.Failed {
						t.Fatalf("failed by %s alone: %+v", liar, c)
					}
					if c.Split && c.To == health.Failed {
						t.Fatalf("split and failed: %+v", c)
					}
				}
			}
			d.Tick(now)
		}
	})
}
