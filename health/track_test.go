package health

import (
	"math/rand/v2"
	"testing"
	"time"
)

// One vantage on a link that loses packets: how long until it is wrong.
func TestFalseAlarmsOfOneVantage(t *testing.T) {
	for _, c := range []struct {
		p      float64
		k      int
		alarms int
	}{{0.05, 3, 500}, {0.10, 3, 1000}, {0.10, 5, 300}, {0.20, 3, 3000}} {
		conf, err := Config{Servers: []string{"main"}, Probes: []Probe{{"icmp", Host, 0}}, Misses: c.k}.resolved()
		if err != nil {
			t.Fatal(err)
		}
		q, now := ProbeLoss(c.p), time.Unix(0, 0)
		rng := rand.New(rand.NewPCG(11, uint64(c.k)))
		probes, alarms, tr := 0, 0, track{}
		for alarms < c.alarms {
			probes++
			now = now.Add(time.Second)
			s := Sample{At: now, OK: rng.Float64() >= q}
			if !s.OK {
				s.Reason = Timeout
			}
			tr.observe(s, &conf, 3*time.Second)
			if tr.view == Failed {
				alarms, tr = alarms+1, track{}
			}
		}
		formula, got := FalseAlarmProbes(q, c.k), float64(probes)/float64(alarms)
		t.Logf("one vantage, p %.0f %%, k %d, T 1 s: formula %.0f s, simulated %.0f s", c.p*100, c.k, formula, got)
		if ratio := got / formula; ratio < 0.85 || ratio > 1.18 {
			t.Errorf("simulated %.0f, formula %.0f", got, formula)
		}
	}
}

// A run is broken by a gap, by an answer and by a restart of the clock's order.
func TestTrackRuns(t *testing.T) {
	conf, err := Config{Servers: []string{"main"}, Probes: []Probe{{"icmp", Host, 0}}, Misses: 3, Rises: 2}.resolved()
	if err != nil {
		t.Fatal(err)
	}
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	miss := func(s int, r Reason) Sample { return Sample{At: at(s), Reason: r} }
	good := func(s int) Sample { return Sample{At: at(s), OK: true} }
	for name, c := range map[string]struct {
		samples []Sample
		want    Verdict
	}{
		"two misses":                    {[]Sample{miss(1, Timeout), miss(2, Timeout)}, Unknown},
		"three":                         {[]Sample{miss(1, Timeout), miss(2, Timeout), miss(3, Timeout)}, Failed},
		"an answer between":             {[]Sample{miss(1, Timeout), miss(2, Timeout), good(3), miss(4, Timeout), miss(5, Timeout)}, Unknown},
		"a gap between":                 {[]Sample{miss(1, Timeout), miss(2, Timeout), miss(9, Timeout)}, Unknown},
		"the prober's own fault":        {[]Sample{miss(1, Timeout), miss(2, ProberFailed), miss(3, ProberFailed)}, Unknown},
		"evidence twice":                {[]Sample{miss(1, Refused), miss(2, NoCarrier)}, Failed},
		"evidence and silence":          {[]Sample{miss(1, Refused), miss(2, Timeout)}, Unknown},
		"an old sample comes late":      {[]Sample{good(5), good(6), miss(1, Timeout), miss(2, Timeout), miss(3, Timeout)}, Healthy},
		"busy answers are not misses":   {[]Sample{miss(1, TooManyConnections), miss(2, TooManyConnections), miss(3, TooManyConnections)}, Unknown},
		"busy answers break a run":      {[]Sample{miss(1, Timeout), miss(2, Timeout), miss(3, Overloaded), miss(4, Timeout)}, Unknown},
		"slow and right counts as good": {[]Sample{{At: at(1), OK: true, Reason: Slow}, {At: at(2), OK: true, Reason: Slow}}, Healthy},
	} {
		tr := track{}
		for _, s := range c.samples {
			tr.observe(s, &conf, 3*time.Second)
		}
		if tr.view != c.want {
			t.Errorf("%s: %v, want %v", name, tr.view, c.want)
		}
	}
}
