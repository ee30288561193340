package health_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"jembatan/health"
)

// simulate lets vantages probe a server that is well over links that lose a
// probe with chance q, and returns the mean number of intervals until a quorum of
// them is in false alarm, and until the Detector calls the server failed.
func simulate(t *testing.T, q float64, k, r, alarms int, seed uint64) (quorum, verdict float64) {
	t.Helper()
	d, err := health.New(health.Config{
		Servers: []string{"main"}, Probes: []health.Probe{{Name: "icmp", Layer: health.Host}},
		Vantages: []health.Vantage{{Name: "a", Kind: health.Router}, {Name: "b", Kind: health.Router}, {Name: "c", Kind: health.Router}},
		Misses:   k, Rises: r, QuorumAlone: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	now, seen, probes, overlaps, several := dawn, 0, 0, 0, false
	for seen < alarms {
		probes++
		now = now.Add(time.Second)
		for _, v := range []string{"a", "b", "c"} {
			ok := rng.Float64() >= q
			reason := health.None
			if !ok {
				reason = health.Timeout
			}
			for _, c := range d.Observe(health.Sample{Server: "main", Probe: "icmp", Vantage: v, At: now, OK: ok, Reason: reason}) {
				if c.To == health.Failed {
					seen++
				}
			}
			was := several
			if several = suspecting(d) >= 2; several && !was {
				overlaps++
			}
		}
	}
	return float64(probes) / float64(overlaps), float64(probes) / float64(alarms)
}

// suspecting returns how many vantages say that main has failed.
func suspecting(d *health.Detector) int {
	n := 0
	for _, v := range d.Explain("main").Vantages {
		if v.Vote == health.ForFailed {
			n++
		}
	}
	return n
}

func TestFalseAlarmsOfAQuorum(t *testing.T) {
	for _, c := range []struct {
		p      float64
		k, r   int
		alarms int
	}{{0.20, 3, 2, 200}, {0.05, 2, 10, 200}, {0.10, 3, 2, 25}, {0.10, 2, 2, 200}} {
		q := health.ProbeLoss(c.p)
		quorum, verdict := simulate(t, q, c.k, c.r, c.alarms, 7)
		for _, x := range []struct {
			what         string
			formula, got float64
		}{
			{"in false alarm at once", health.FalseQuorumProbes(q, c.k, c.r, 2, 3), quorum},
			{"called failed", health.FalseVerdictProbes(q, c.k, c.r, 2, 3), verdict},
		} {
			t.Logf("2 of 3 vantages, p %.0f %%, k %d, rise %d, T 1 s, %s: formula %.0f s, simulated %.0f s (%d false alarms)",
				c.p*100, c.k, c.r, x.what, x.formula, x.got, c.alarms)
			// The formulas are of the first order in the rate: they are low where alarms
			// are not rare.
			if ratio := x.got / x.formula; ratio < 0.6 || ratio > 2.2 {
				t.Errorf("%s: simulated %.0f, formula %.0f", x.what, x.got, x.formula)
			}
		}
	}
}

// The server dies at a random moment between two probes of vantages that do not
// keep step.
func TestDetectionTime(t *testing.T) {
	for _, c := range []struct {
		name              string
		interval, timeout time.Duration
		k                 int
	}{{"metro", time.Second, time.Second, 5}, {"wan", time.Second, time.Second, 8}, {"lan", 100 * time.Millisecond, 100 * time.Millisecond, 3}} {
		const runs = 2000
		rng := rand.New(rand.NewPCG(3, uint64(c.k)))
		var one, both []time.Duration
		for range runs {
			detect := func() time.Duration { // of one vantage: its phase is random
				phase := time.Duration(rng.Float64() * float64(c.interval))
				return phase + time.Duration(c.k-1)*c.interval + c.timeout
			}
			a, b, third := detect(), detect(), detect()
			one = append(one, a)
			both = append(both, a+b+third-min(a, b, third)-max(a, b, third)) // the second of three
			if d := decide(t, c.interval, c.timeout, c.k, a, b, third); d != both[len(both)-1] {
				t.Fatalf("%s: decided after %v, the second vote was in after %v", c.name, d, both[len(both)-1])
			}
		}
		formula := health.DetectionMean(c.interval, c.timeout, c.k)
		mean, worst := statistics(both)
		single, _ := statistics(one)
		t.Logf("%s: formula %v on average, %v at worst; simulated one vantage %v, quorum of 2 of 3 %v, worst %v",
			c.name, formula, health.DetectionWorst(c.interval, c.timeout, c.k), single.Round(time.Millisecond), mean.Round(time.Millisecond), worst.Round(time.Millisecond))
		if math.Abs(float64(mean-formula)) > 0.05*float64(formula) || worst > health.DetectionWorst(c.interval, c.timeout, c.k) {
			t.Errorf("%s: mean %v, worst %v", c.name, mean, worst)
		}
	}
}

// decide feeds a Detector the misses of three vantages whose last miss is known
// at the given times after the crash, and returns when it calls the server
// failed.
func decide(t *testing.T, interval, timeout time.Duration, k int, last ...time.Duration) time.Duration {
	t.Helper()
	d, err := health.New(health.Config{
		Servers: []string{"main"}, Probes: []health.Probe{{Name: "icmp", Layer: health.Host}},
		Vantages: []health.Vantage{{Name: "0", Kind: health.Router}, {Name: "1", Kind: health.Router}, {Name: "2", Kind: health.Router}},
		Interval: interval, Timeout: timeout, Misses: k, QuorumAlone: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	for n := k - 1; n >= 0; n-- {
		order := []int{0, 1, 2}
		for i := range order { // in the order of time
			for j := i + 1; j < 3; j++ {
				if last[order[j]] < last[order[i]] {
					order[i], order[j] = order[j], order[i]
				}
			}
		}
		for _, i := range order {
			at := last[i] - time.Duration(n)*interval
			for _, c := range d.Observe(health.Sample{
				Server: "main", Probe: "icmp", Vantage: string(rune('0' + i)), At: dawn.Add(at), RTT: timeout, Reason: health.Timeout,
			}) {
				if c.To == health.Failed {
					return c.At.Sub(dawn)
				}
			}
		}
	}
	t.Fatal("never decided")
	return 0
}

func statistics(d []time.Duration) (mean, worst time.Duration) {
	for _, x := range d {
		mean += x / time.Duration(len(d))
		worst = max(worst, x)
	}
	return mean, worst
}

// The figures that the documentation quotes.
func TestTheory(t *testing.T) {
	const year = 365.25 * 24 * 3600
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"1 % loss, k 3, hours", health.FalseAlarmProbes(health.ProbeLoss(0.01), 3) / 3600, 36},
		{"1 % loss, k 5, years", health.FalseAlarmProbes(health.ProbeLoss(0.01), 5) / year, 10.4},
		{"5 % loss, k 8, years", health.FalseAlarmProbes(health.ProbeLoss(0.05), 8) / year, 4.3},
		{"2 of 3, 1 %, k 3, rise 2, years", health.FalseQuorumProbes(health.ProbeLoss(0.01), 3, 2, 2, 3) / year, 43},
		{"2 of 3, 1 %, k 3, rise 10, years", health.FalseQuorumProbes(health.ProbeLoss(0.01), 3, 10, 2, 3) / year, 7.9},
		{"2 of 3, 1 %, k 3, rise 10, called failed, years", health.FalseVerdictProbes(health.ProbeLoss(0.01), 3, 10, 2, 3) / year, 60},
		{"2 of 3, 5 %, k 5, rise 10, years", health.FalseQuorumProbes(health.ProbeLoss(0.05), 5, 10, 2, 3) / year, 4.6},
		{"2 of 3, 10 %, k 8, rise 10, years", health.FalseQuorumProbes(health.ProbeLoss(0.10), 8, 10, 2, 3) / year, 73},
	} {
		if math.Abs(c.got/c.want-1) > 0.05 {
			t.Errorf("%s: %.3g, want %.3g", c.name, c.got, c.want)
		}
	}
}
