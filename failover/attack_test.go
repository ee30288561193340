package failover_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jembatan/failover"
	"jembatan/health"
)

// A chooser picks a number from 0 to n-1.
type chooser func(n int) int

// configs are the policies under attack.
func configs() []failover.Config {
	base := failover.Config{
		Service: "erp", Servers: []string{"main", "backup", "standby"}, Database: true,
		Policy: failover.Policy{Automatic: true, AllowedLoss: 5 * time.Second},
	}
	lease, auto, block, none := base, base, base, base
	lease.SiteLoss, lease.LeaseTTL, lease.BlockIsNoFence = failover.SiteLossLease, 5*time.Second, true
	auto.Failback, auto.Policy.Hold = failover.FailbackAuto, 10*time.Second
	block.BlockIsNoFence, block.LoadFails = true, true
	none.AllowedLoss = 0
	semi := none
	semi.SemiSync, semi.AckPatience = true, 5*time.Second
	busy := semi
	busy.LoadFails = true
	return []failover.Config{base, lease, auto, block, none, semi, busy}
}

// attack lets one random thing happen, at a moment of its own.
func attack(w *world, pick chooser) {
	w.now = w.now.Add(time.Millisecond)
	name := w.c.Servers[pick(len(w.c.Servers))]
	switch n := pick(100); {
	case n < 45:
		if p := w.pending(); len(p) > 0 {
			w.execute(p[pick(len(p))], []int{0, 0, 0, 0, 0, 1, 2, 3}[pick(8)])
			return
		}
		fallthrough
	case n < 58:
		w.now = w.now.Add([]time.Duration{time.Second, 3 * time.Second, 7 * time.Second, 11 * time.Second, time.Minute, 20 * time.Minute}[pick(6)])
		w.step(failover.Tick{Time: w.now})
	case n < 72:
		w.verdict(failover.VerdictChanged{
			Server: name, Verdict: []health.Verdict{health.Healthy, health.Healthy, health.Failed, health.Failed, health.Unknown}[pick(5)],
			Suspect: pick(4) == 0, Split: pick(8) == 0, Load: pick(10) == 0,
		})
	case n < 86:
		w.sample(name, []failover.Sync{failover.InSync, failover.InSync, failover.InSync, failover.InSync, failover.Lagging, failover.Broken, failover.SyncForked, failover.SyncUnclear}[pick(8)], pick(12) == 0)
	case n < 90:
		s := w.servers[name]
		if s.reachable = pick(2) == 0; pick(3) == 0 {
			// It was power-cycled, or its database alone and nobody missed it: all boot
			// read-only, and read from nobody.
			s.open, s.waits, s.acks, s.linked = false, false, true, false
			if w.now.Sub(s.up) > 5*time.Second {
				s.up = w.now.Add(-time.Millisecond)
			}
		}
		w.servers[name] = s
		if s.reachable { // It is asked before anything else happens.
			w.sample(name, failover.SyncUnclear, false)
		}
	case n < 92:
		w.lease(pick(3) > 0)
	case n < 93:
		w.step(failover.EpochSeen{Time: w.now, Epoch: w.epoch + uint64(pick(2))})
		w.held = w.held && w.m.State().Epoch == w.epoch
		w.epoch = w.m.State().Epoch
	case n < 94:
		w.step(failover.RoutersAstray{Time: w.now, Routers: []string{"sby"}})
	case n < 95:
		w.restart(w.m.State())
	case n == 95:
		w.calm(pick(2) == 0)
	case n < 97:
		w.partition = pick(2) == 0
		w.step(failover.PartitionSuspected{Time: w.now, On: w.partition})
	default:
		w.operate(failover.Verb(pick(int(failover.Cancel)+1)), name, pick(3) == 0)
	}
}

// calm has people put everything right again, and in half of the cases lets the
// block timer run out.
func (w *world) calm(long bool) {
	if long {
		w.now = w.now.Add(time.Hour)
	}
	if w.partition = false; !w.held {
		w.lease(true)
	}
	w.step(failover.PartitionSuspected{Time: w.now})
	for _, v := range []failover.Verb{failover.Resume, failover.Unpin, failover.EndMaintenance, failover.Ack} {
		w.operate(v, "", true)
	}
	for _, name := range w.c.Servers {
		s := w.servers[name]
		s.reachable = true
		w.servers[name] = s
		w.operate(failover.EndMaintenance, name, false)
		w.verdict(failover.VerdictChanged{Server: name, Verdict: health.Healthy})
		w.sample(name, failover.InSync, false)
	}
}

// operate has an operator do something sensible or not.
func (w *world) operate(v failover.Verb, name string, all bool) {
	if v == failover.ConfirmFenced { // People pull the plug before they say so.
		s := w.servers[name]
		s.open, s.reachable = false, false
		w.servers[name] = s
	}
	if v == failover.AcceptErrant {
		r := w.repl[name]
		r.Errant = false
		w.repl[name] = r
	}
	if all && (v == failover.Maintain || v == failover.EndMaintenance) {
		name = ""
	}
	if v == failover.Ack && w.held {
		w.autos = nil
	}
	w.step(failover.Command{Time: w.now, ID: "c", Verb: v, Server: name, AcceptLoss: time.Hour})
}

// TestRandomEvents attacks the machine with bytes that rapid can shrink.
func TestRandomEvents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(configs()).Draw(t, "config")
		data := rapid.SliceOfN(rapid.Byte(), 50, 1500).Draw(t, "choices")
		w := newWorld(c)
		w.up()
		pick := func(n int) int {
			if len(data) == 0 {
				return 0
			}
			b := int(data[0])
			data = data[1:]
			return b % n
		}
		for len(data) > 0 {
			attack(w, pick)
			if len(w.errs) > 0 {
				t.Fatalf("%v\nstate %s", w.errs, text(w.m.State()))
			}
		}
	})
}

func text(s failover.State) string {
	b, _ := json.MarshalIndent(s, "", " ")
	return string(b)
}

// TestManyEvents runs as many random events as JEMBATAN_FAILOVER_EVENTS asks
// for, from printed seeds.
func TestManyEvents(t *testing.T) {
	want := 300_000
	if v := os.Getenv("JEMBATAN_FAILOVER_EVENTS"); v != "" {
		var err error
		if want, err = strconv.Atoi(v); err != nil {
			t.Fatal(err)
		}
	}
	var sum tally
	cs := configs()
	for seed := uint64(1); sum.events < want; seed++ {
		r := rand.New(rand.NewPCG(seed, 0))
		w := newWorld(cs[seed%uint64(len(cs))])
		w.up()
		for range 2000 {
			attack(w, r.IntN)
			if len(w.errs) > 0 {
				t.Fatalf("seed %d after %d events: %v\nstate %s", seed, w.seen.events, w.errs, text(w.m.State()))
			}
		}
		sum = sum.add(w.seen)
	}
	t.Logf("%d random events: %d effects, %d moves begun, %d done, %d taken back, %d restarts; held after %d events; I1 to I12 held",
		sum.events, sum.effects, sum.moves, sum.done, sum.undone, sum.restarts, sum.held)
	if sum.done < 10 || sum.undone < 3 {
		t.Errorf("the attack hardly moves anything: %+v", sum)
	}
}

func (a tally) add(b tally) tally {
	return tally{
		a.events + b.events, a.effects + b.effects, a.moves + b.moves, a.done + b.done,
		a.undone + b.undone, a.held + b.held, a.restarts + b.restarts,
	}
}
