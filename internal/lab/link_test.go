//go:build linux

package lab

import (
	"context"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"jembatan/examples"
)

// TestLinkQuality prints what was asked of a path and what was measured on it.
// The path between two uplinks crosses both, there and back: 4 ways.
func TestLinkQuality(t *testing.T) {
	needRoot(t)
	l := start(t, Options{Source: examples.TwoSites(), Links: map[string]string{"sby.lte": "delay=10ms", "jkt.lte": "delay=10ms"}})
	lte := PingOptions{To: "203.0.113.2", From: "203.0.113.1", Count: 50, Interval: 10 * time.Millisecond}
	ping(t, l, "jkt", PingOptions{To: lte.To, From: lte.From, Count: 1}) // Finds the neighbours.
	r := ping(t, l, "jkt", lte)
	t.Logf("asked 40 ms of round trip, got %v (min %v, max %v)", r.Avg, r.Min, r.Max)
	// A sender that was held up after its send call has seen a little less than the link's own.
	if r.Min < 38*time.Millisecond || r.Avg > 120*time.Millisecond || len(r.Lost) != 0 {
		t.Errorf("%+v", r)
	}
	for _, c := range []struct {
		quality string
		loss    float64
		rtt     time.Duration
	}{
		{"delay=5ms,loss=5%", 1 - 0.95*0.95, 30 * time.Millisecond}, // sby's two ways, and jkt's 10 ms each
		{"lte-good", 1 - math.Pow(1-0.01, 0.5), 31*time.Millisecond/2 + 20*time.Millisecond},
		{"metro-e", 0, 22 * time.Millisecond},
	} {
		_, err := l.Fault(t.Context(), "degrade", "sby.lte", c.quality)
		must(t, err)
		o := lte
		o.Count, o.Interval = 1500, time.Millisecond
		r := ping(t, l, "jkt", o)
		loss := float64(len(r.Lost)) / float64(r.Sent)
		t.Logf("%-20s asked %v, %.2f %% of round trips lost; got %v, %.2f %%", c.quality, c.rtt, 100*c.loss, r.Avg.Round(10*time.Microsecond), 100*loss)
		if math.Abs(loss-c.loss) > 0.01+c.loss/2 {
			t.Errorf("%s: loss %.3f, asked %.3f", c.quality, loss, c.loss)
		}
		// A busy machine adds to the average; the least is the link's own.
		if r.Min < c.rtt/2 || r.Min > c.rtt*13/10 || r.Avg < c.rtt*8/10 || r.Avg > 3*c.rtt {
			t.Errorf("%s: round trip %v, asked %v", c.quality, r.Avg, c.rtt)
		}
	}
	_, err := l.Fault(t.Context(), "clear")
	must(t, err)
	rate(t, l)
	oneWay(t, l)
	narrow(t, l)
}

// narrow gives a path a smaller MTU than its uplinks have. A router's pings must not
// be fragmented: the first is refused, and its sender then knows the path's MTU.
func narrow(t *testing.T, l *Lab) {
	t.Helper()
	_, err := l.Fault(t.Context(), "degrade", "bdg.fixed", "mtu=1400")
	must(t, err)
	for size, refused := range map[int]bool{1400: false, 1480: true} {
		r := ping(t, l, "jkt", PingOptions{To: "198.51.100.3", Size: size, Count: 6, Interval: 20 * time.Millisecond})
		if r.Received < 4 || refused != slices.Contains(r.Lost, 0) || slices.Contains(r.Lost, 5) {
			t.Errorf("%d bytes over a path of 1400: %+v", size, r)
		}
	}
	_, err = l.Fault(t.Context(), "clear")
	must(t, err)
}
