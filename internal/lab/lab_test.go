//go:build linux

package lab

import (
	"testing"
	"time"

	"jembatan/examples"
)

// TestTwoSites is the reference topology: apply makes tunnels, servers of all
// sites reach each other through them, and the bond carries on when its first
// uplink is cut.
func TestTwoSites(t *testing.T) {
	needRoot(t)
	begun := time.Now()
	l := start(t, Options{Source: examples.TwoSites(), Clients: 2})
	t.Logf("4 routers, 3 servers, 2 clients and a pc up in %v (%v inside)", time.Since(begun), l.Took())
	a := controller(t, l, examples.TwoSites())
	if r := ping(t, l, "main", PingOptions{To: "backup", Count: 2, Interval: 50 * time.Millisecond, Timeout: 200 * time.Millisecond}); r.Received != 0 {
		t.Fatalf("the sites reach each other before there is a tunnel: %+v", r)
	}
	begun = time.Now()
	applyAll(t, a)
	t.Logf("applied, and every tunnel runs, after %v", time.Since(begun))
	for _, from := range []string{"main", "backup", "standby", "pc-mlg"} {
		for _, to := range []string{"main", "backup", "standby", "pc-mlg"} {
			r := ping(t, l, from, PingOptions{To: to, Count: 3, Interval: 10 * time.Millisecond, Size: 1500})
			if r.Received != 3 {
				t.Errorf("%s → %s: %+v", from, to, r)
			}
		}
	}
	results := make(chan *PingResult)
	go func() {
		r, err := l.Ping(t.Context(), "main", PingOptions{To: "backup", Count: 700, Interval: 10 * time.Millisecond})
		if err != nil {
			t.Error(err)
		}
		results <- r
	}()
	_, err := l.Fault(t.Context(), "cut", "jkt.metro")
	must(t, err)
	r := <-results
	t.Logf("metro cut: %d of %d pings lost, 10 ms apart", len(r.Lost), r.Sent)
	if len(r.Lost) == 0 || len(r.Lost) > 450 {
		t.Errorf("lost %d pings; keepalive 1s,3 takes 3.12 s", len(r.Lost))
	}
	_, err = l.Fault(t.Context(), "clear")
	must(t, err)
	r = ping(t, l, "main", PingOptions{To: "backup", Count: 300, Interval: 10 * time.Millisecond})
	t.Logf("healed: %d of %d lost", len(r.Lost), r.Sent)
	if len(r.Lost) != 0 {
		t.Errorf("the way back lost %v", r.Lost)
	}
	s, err := l.Status(t.Context())
	must(t, err)
	for _, x := range s.Routers {
		t.Logf("%s realise %v lacks %v bonds %v tunnels %+v", x.Name, x.Realise, x.Lacks, x.Bonds, x.Tunnels)
	}
}
