//go:build linux

package lab

import (
	"strings"
	"testing"
	"time"

	"jembatan/examples"
	"jembatan/routeros"
)

// TestFlap cuts and mends a link again and again: pings are lost in between, and
// not after.
func TestFlap(t *testing.T) {
	needRoot(t)
	l := start(t, Options{Source: examples.TwoSites()})
	wan := PingOptions{To: "198.51.100.2", From: "198.51.100.1", Count: 120, Interval: 10 * time.Millisecond, Timeout: 200 * time.Millisecond}
	results := make(chan *PingResult, 1)
	go func() {
		r, err := l.Ping(t.Context(), "jkt", wan)
		if err != nil {
			t.Error(err)
		}
		results <- r
	}()
	made(t, l, "flap", "sby.metro", "100ms", "150ms", "3")
	r := <-results
	runs := 0
	for i, n := range r.Lost {
		if i == 0 || n > r.Lost[i-1]+3 {
			runs++
		}
	}
	t.Logf("3 cuts of 100 ms: %d of %d lost in %d runs", len(r.Lost), r.Sent, runs)
	if runs != 3 || len(r.Lost) < 15 || len(r.Lost) > 60 {
		t.Errorf("lost %v", r.Lost)
	}
	wan.Count = 20
	if r := ping(t, l, "jkt", wan); r.Received != 20 {
		t.Errorf("after the last flap %v are lost", r.Lost)
	}
}

// TestBroadcastBond sends every frame through both tunnels: a cut loses none.
func TestBroadcastBond(t *testing.T) {
	needRoot(t)
	l := start(t, Options{Source: examples.TwoSites()})
	applyAll(t, controller(t, l, examples.TwoSites()))
	for _, router := range []string{"jkt", "sby"} {
		s := session(t, l, router)
		bonds, err := routeros.Print(t.Context(), s, "/interface/bonding", nil)
		must(t, err)
		must(t, routeros.Update(t.Context(), s, "/interface/bonding", []string{bonds[0].ID()}, routeros.FieldsOf("mode", "broadcast")))
	}
	results := make(chan *PingResult, 1)
	started := time.Now()
	go func() {
		r, err := l.Ping(t.Context(), "main", PingOptions{To: "backup", Count: 150, Interval: 10 * time.Millisecond})
		if err != nil {
			t.Error(err)
		}
		results <- r
	}()
	until(t, "frames in both tunnels", func() bool { return time.Since(started) > 300*time.Millisecond && busy(t, l, "jkt", "sby") })
	made(t, l, "cut", "jkt.metro")
	r := <-results
	t.Logf("one of two uplinks cut under a broadcast bond: %d of %d lost", len(r.Lost), r.Sent)
	if len(r.Lost) > 1 { // One may be under way.
		t.Errorf("lost %v", r.Lost)
	}
}

// busy reports whether every tunnel of a router to another has carried frames.
func busy(t *testing.T, l *Lab, router, to string) bool {
	t.Helper()
	s, err := l.Status(t.Context())
	must(t, err)
	n := 0
	for _, r := range s.Routers {
		for _, x := range r.Tunnels {
			if r.Name == router && strings.Contains(x.Name, to) && x.Counters.TxPackets > 10 {
				n++
			}
		}
	}
	return n == 2
}

// TestScheduler lets a router act by itself: an entry of its scheduler takes a port
// away, and another one gives it back.
func TestScheduler(t *testing.T) {
	needRoot(t)
	l := start(t, Options{Source: examples.TwoSites()})
	applyAll(t, controller(t, l, examples.TwoSites()))
	reach := func() bool {
		return ping(t, l, "main", PingOptions{To: "standby", Count: 1, Timeout: 200 * time.Millisecond}).Received == 1
	}
	until(t, "standby answers", reach)
	s := session(t, l, "jkt")
	add(t, s, "/system/scheduler/add", "name", "away", "interval", "1s", "on-event",
		`/interface set [find name="ether2"] disabled=yes; /system scheduler remove [find name="away"]`)
	took := until(t, "the scheduler has taken the port away", func() bool { return !reach() })
	t.Logf("done by the router itself after %v", took)
	add(t, s, "/system/scheduler/add", "name", "back", "interval", "1s", "on-event",
		`/interface set [find name="ether2"] disabled=no; /system scheduler remove [find name="back"]`)
	until(t, "the scheduler has given it back", reach)
}
