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

// rate measures a limited rate by TCP between a client and a router.
func rate(t *testing.T, l *Lab) {
	t.Helper()
	need(t, "iperf3")
	_, err := l.Fault(t.Context(), "degrade", "bdg.fixed", "rate=10mbit")
	must(t, err)
	dir := t.TempDir()
	out, err := os.Create(filepath.Join(dir, "out"))
	must(t, err)
	null, err := os.Open(os.DevNull)
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = l.Exec(ctx, "bdg", []string{"iperf3", "-s", "-1"}, null, null2(t), null2(t))
	}()
	for range 50 {
		var code int
		if code, err = l.Exec(ctx, "mlg", []string{"iperf3", "-c", "198.51.100.3", "-t", "2", "-f", "k"}, null, out, out); err != nil || code == 0 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	must(t, err)
	<-done
	b, err := os.ReadFile(out.Name())
	must(t, err)
	for line := range strings.SplitSeq(string(b), "\n") {
		if strings.Contains(line, "receiver") {
			t.Logf("asked 10 Mbit/s, got %s", line)
		}
	}
	_, err = l.Fault(t.Context(), "clear")
	must(t, err)
}

func null2(t *testing.T) *os.File {
	t.Helper()
	f, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	must(t, err)
	return f
}

// oneWay cuts one direction: a tunnel's end that still hears stays up.
func oneWay(t *testing.T, l *Lab) {
	t.Helper()
	applyAll(t, controller(t, l, examples.TwoSites()))
	_, err := l.Fault(t.Context(), "cut", "mlg.fixed", "out")
	must(t, err)
	up := func(router, name string) bool {
		s, err := l.Status(t.Context())
		must(t, err)
		for _, r := range s.Routers {
			for _, x := range r.Tunnels {
				if r.Name == router && x.Name == name {
					return x.Running
				}
			}
		}
		return false
	}
	took := until(t, "jkt hears nothing from mlg", func() bool { return !up("jkt", "eoip-servers-mlg") })
	time.Sleep(2 * time.Second) // Longer than mlg's own keepalives would last.
	t.Logf("one way cut: jkt's end is down after %v, mlg's runs: %v", took, up("mlg", "eoip-servers-jkt"))
	if !up("mlg", "eoip-servers-jkt") {
		t.Error("the end that still hears went down")
	}
	_, err = l.Fault(t.Context(), "clear")
	must(t, err)
	until(t, "it heals", func() bool { return up("jkt", "eoip-servers-mlg") })
	// The link is up and the provider answers, but nothing behind it.
	_, err = l.Fault(t.Context(), "dead", "mlg.fixed")
	must(t, err)
	if r := ping(t, l, "mlg", PingOptions{To: "198.51.100.254", Count: 2, Interval: 10 * time.Millisecond}); r.Received != 2 {
		t.Errorf("the provider does not answer: %+v", r)
	}
	if r := ping(t, l, "mlg", PingOptions{To: "198.51.100.1", Count: 2, Interval: 10 * time.Millisecond, Timeout: 200 * time.Millisecond}); r.Received != 0 {
		t.Errorf("something behind the provider answers: %+v", r)
	}
}

// TestFaults breaks servers and routers and mends them.
func TestFaults(t *testing.T) {
	needRoot(t)
	l := start(t, Options{Source: examples.TwoSites(), Clients: 1})
	applyAll(t, controller(t, l, examples.TwoSites()))
	allReach(t, l, []string{"main", "pc-mlg"}, 84)
	ctx := t.Context()
	reach := func() bool {
		return ping(t, l, "pc-mlg", PingOptions{To: "main", Count: 1, Timeout: 200 * time.Millisecond}).Received == 1
	}
	web := func() bool {
		c, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		defer cancel()
		r, err := l.Get(c, "pc-mlg", "http://192.168.50.10/health")
		return err == nil && r.Code == 200
	}
	for _, c := range []struct {
		fault       []string
		reach, web  bool
		description string
	}{
		{[]string{"power-off", "main"}, false, false, "a server without power"},
		{[]string{"freeze", "main"}, true, false, "frozen programs: the kernel answers pings, nobody answers requests"},
		{[]string{"kill", "main", "web"}, true, false, "a dead program"},
		{[]string{"unplug", "main"}, false, false, "a pulled cable"},
		{[]string{"unplug", "jkt.ether2"}, false, false, "the same at the router's end"},
		{[]string{"power-off", "jkt"}, false, false, "a router without power"},
		{[]string{"cut", "mlg.fixed"}, false, false, "a WAN link"},
		{[]string{"cut-tunnel", "mlg.eoip-servers-jkt"}, false, false, "a tunnel"},
		{[]string{"fill-disk", "main"}, true, true, "a full disk"},
	} {
		faults, err := l.Fault(ctx, c.fault...)
		must(t, err)
		if len(faults) != 1 || faults[0].What != strings.Join(c.fault, " ") {
			t.Errorf("%v is listed as %+v", c.fault, faults)
		}
		until(t, c.description, func() bool { return reach() == c.reach && web() == c.web })
		if faults, err = l.Fault(ctx, "clear"); err != nil || len(faults) != 0 {
			t.Fatalf("clear %v: %v %v", c.fault, faults, err)
		}
		took := until(t, c.description+", mended", func() bool { return reach() && web() })
		t.Logf("%-30s mended after %v", strings.Join(c.fault, " "), took.Round(time.Millisecond))
	}
	_, err := l.Fault(ctx, "reboot", "jkt", "100ms")
	must(t, err)
	until(t, "jkt is back", reach)
	if _, err := l.Fault(ctx, "explode", "main"); err == nil {
		t.Error("an unknown fault was made")
	}
}

// TestTwoLabsAndNothingLeft runs two labs of one file beside each other.
func TestTwoLabsAndNothingLeft(t *testing.T) {
	needRoot(t)
	before := namespaces(t)
	one := start(t, Options{Source: examples.TwoSites()})
	two, err := Start(t.Context(), Options{Name: t.Name() + "2", File: "x.yaml", Source: examples.TwoSites()})
	must(t, err)
	if _, err := Start(t.Context(), Options{Name: t.Name(), File: "x.yaml", Source: examples.TwoSites()}); err == nil {
		t.Error("a second lab of one name")
	}
	must(t, two.Close())
	if r := ping(t, one, "main", PingOptions{To: "192.168.50.10", Count: 1}); r.Received != 1 {
		t.Error("the first lab went with the second")
	}
	must(t, one.Down(t.Context()))
	must(t, one.Wait())
	until(t, "no namespace is left", func() bool { return namespaces(t) <= before })
}

// namespaces counts the network namespaces that processes are in.
func namespaces(t *testing.T) int {
	t.Helper()
	out, err := exec.Command("lsns", "-t", "net", "-n", "-o", "NS").Output()
	must(t, err)
	return strings.Count(string(out), "\n")
}
