package emulator

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// pairWorld is two routers with an underlay address each.
func pairWorld(t *testing.T) (w *World, a, b *Device) {
	t.Helper()
	w = NewWorld()
	t.Cleanup(w.Close)
	add := func(name, address string) *Device {
		d, err := w.Add(Config{Name: name, Version: "7.16.1", Addresses: []Address{{address, "ether1"}, {address[:len(address)-4] + "2/24", "ether2"}}})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	return w, add("a", "198.51.100.1/24"), add("b", "203.0.113.1/24")
}

// do runs a console command that must succeed.
func do(t *testing.T, d *Device, path string, words ...string) []map[string]string {
	t.Helper()
	rows, err := d.Do(path, words...)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// look returns one property of the only row that matches.
func look(t *testing.T, d *Device, menu, name, property string) string {
	t.Helper()
	rows := do(t, d, "/"+menu+"/print", "?name="+name)
	if len(rows) != 1 {
		t.Fatalf("%d rows of %s %s on %s", len(rows), menu, name, d.Name())
	}
	return rows[0][property]
}

var (
	addrA = netip.MustParseAddr("198.51.100.1")
	addrB = netip.MustParseAddr("203.0.113.1")
)

func tunnel(t *testing.T, d *Device, name, local, remote, id string, more ...string) {
	t.Helper()
	do(t, d, "/interface/eoip/add", append([]string{"=name=" + name, "=local-address=" + local, "=remote-address=" + remote, "=tunnel-id=" + id}, more...)...)
}

func TestTunnelFollowsKeepalives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, a, b := pairWorld(t)
		running := func() [2]string {
			return [2]string{look(t, a, "interface/eoip", "t", "running"), look(t, b, "interface/eoip", "t", "running")}
		}
		expect := func(when, wantA, wantB string) {
			t.Helper()
			if diff := cmp.Diff([2]string{wantA, wantB}, running()); diff != "" {
				t.Errorf("%s: running of a, b (-want +got):\n%s", when, diff)
			}
		}
		tunnel(t, a, "t", "198.51.100.1", "203.0.113.1", "5")
		advance(4 * time.Second)
		tunnel(t, b, "t", "0.0.0.0", "198.51.100.1", "5")
		expect("at once: b's first keepalive, none of a's yet", "true", "false")
		advance(6399 * time.Millisecond)
		expect("before a's second keepalive at 10.4 s", "true", "false")
		advance(time.Millisecond)
		expect("at 10.4 s", "true", "true")

		w.CutPath(addrA, addrB) // b last heard at 10.4 s.
		advance(104*time.Second - time.Millisecond)
		expect("just before ten intervals", "true", "true")
		advance(time.Millisecond)
		expect("after ten intervals of 10.4 s", "true", "false")
		w.RestorePath(addrA, addrB)
		advance(10400 * time.Millisecond)
		expect("restored", "true", "true")

		do(t, a, "/interface/eoip/disable", "=.id=t")
		expect("disabled", "false", "true")
		advance(104 * time.Second)
		expect("disabled for long", "false", "false")
		do(t, a, "/interface/eoip/enable", "=.id=t")
		advance(11 * time.Second)
		expect("enabled", "true", "true")

		do(t, b, "/interface/eoip/set", "=.id=t", "=!keepalive=")
		advance(200 * time.Second)
		expect("b sends none and always runs", "false", "true")
		do(t, b, "/interface/eoip/set", "=.id=t", "=keepalive=10s,10")
		advance(11 * time.Second)

		do(t, a, "/interface/eoip/set", "=.id=t", "=tunnel-id=6")
		advance(105 * time.Second)
		expect("ids differ", "false", "false")
		do(t, a, "/interface/eoip/set", "=.id=t", "=tunnel-id=5")
		advance(11 * time.Second)
		expect("ids agree", "true", "true")

		w.SetLink("b", "ether1", false)
		advance(105 * time.Second)
		expect("b's link is down", "false", "false")
		w.SetLink("b", "ether1", true)
		advance(11 * time.Second)
		b.PowerOff()
		advance(105 * time.Second)
		if got := look(t, a, "interface/eoip", "t", "running"); got != "false" {
			t.Errorf("peer powered off: running=%s", got)
		}
		b.PowerOn()
		advance(11 * time.Second)
		expect("b is back", "true", "true")

		do(t, b, "/ip/address/disable", "=.id=*1")
		advance(105 * time.Second)
		expect("b's address is disabled", "false", "false")
	})
}

func TestBondFollowsSlavesAndBridgeFollowsBond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, a, b := pairWorld(t)
		for _, d := range []*Device{a, b} {
			near, far := "198.51.100.", "203.0.113."
			if d == b {
				near, far = far, near
			}
			tunnel(t, d, "w1", near+"1", far+"1", "1", "=keepalive=1s,3")
			tunnel(t, d, "w2", near+"2", far+"2", "2", "=keepalive=1s,3", "=mtu=1400")
			do(t, d, "/interface/bonding/add", "=name=bond", "=slaves=w1,w2", "=mode=active-backup", "=primary=w1")
			do(t, d, "/interface/bridge/add", "=name=br", "=protocol-mode=none")
			do(t, d, "/interface/bridge/port/add", "=bridge=br", "=interface=bond")
		}
		advance(2 * time.Second)
		monitor := func() map[string]string { return do(t, a, "/interface/bonding/monitor", "=numbers=bond", "=once=")[0] }
		expect := func(when, active, inactive, port string) {
			t.Helper()
			m := monitor()
			if m["active-ports"] != active || m["inactive-ports"] != inactive {
				t.Errorf("%s: active %q inactive %q, want %q %q", when, m["active-ports"], m["inactive-ports"], active, inactive)
			}
			if got := do(t, a, "/interface/bridge/port/print")[0]["inactive"]; got != port {
				t.Errorf("%s: port inactive=%s, want %s", when, got, port)
			}
		}
		expect("all well", "w1", "w2", "false")
		w.CutBoth(addrA, addrB)
		advance(4 * time.Second)
		expect("first path cut", "w2", "w1", "false")
		w.RestoreBoth(addrA, addrB)
		advance(2 * time.Second)
		expect("primary is back", "w1", "w2", "false")
		b.PowerOff()
		advance(4 * time.Second)
		expect("peer off", "", "w1,w2", "true")
		if got := look(t, a, "interface", "bond", "running"); got != "false" {
			t.Errorf("bond without slaves up: running=%s", got)
		}
		if got := look(t, a, "interface/bridge", "br", "running"); got != "true" {
			t.Errorf("bridge: running=%s", got)
		}
	})
}

func TestAutoMTULowersTheBridge(t *testing.T) {
	w, a, _ := pairWorld(t)
	_ = w
	do(t, a, "/interface/bridge/add", "=name=br")
	if got := look(t, a, "interface/bridge", "br", "actual-mtu"); got != "1500" {
		t.Errorf("empty bridge: actual-mtu=%s", got)
	}
	tunnel(t, a, "t", "0.0.0.0", "203.0.113.1", "1")
	do(t, a, "/interface/bridge/port/add", "=bridge=br", "=interface=t")
	if got := look(t, a, "interface/bridge", "br", "actual-mtu"); got != "1458" {
		t.Errorf("with a tunnel of mtu=auto: actual-mtu=%s", got)
	}
	do(t, a, "/interface/eoip/set", "=.id=t", "=mtu=1500")
	if got := look(t, a, "interface/bridge", "br", "actual-mtu"); got != "1500" {
		t.Errorf("with a tunnel of mtu=1500: actual-mtu=%s", got)
	}
}

func TestPing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, a, b := pairWorld(t)
		start := time.Now()
		rows := do(t, a, "/ping", "=address=203.0.113.1", "=count=3")
		want := map[string]string{
			"seq": "2", "host": "203.0.113.1", "size": "56", "ttl": "64", "time": "453us", "sent": "3", "received": "3",
			"packet-loss": "0", "min-rtt": "453us", "avg-rtt": "453us", "max-rtt": "453us",
		}
		if diff := cmp.Diff(want, rows[2]); diff != "" {
			t.Errorf("third row (-want +got):\n%s", diff)
		}
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("three pings took %s", took)
		}
		w.CutPath(addrB, addrA) // Answers do not come back to the first address, but to the second.
		if r := do(t, a, "/ping", "=address=203.0.113.1", "=count=1", "=src-address=198.51.100.1"); r[0]["status"] != "timeout" {
			t.Errorf("answer path cut: %v", r[0])
		}
		// Over a stretched bridge.
		for _, d := range []*Device{a, b} {
			near, far := "198.51.100.2", "203.0.113.2"
			if d == b {
				near, far = far, near
			}
			tunnel(t, d, "t", near, far, "9", "=keepalive=1s,3")
			do(t, d, "/interface/bridge/add", "=name=br")
			do(t, d, "/interface/bridge/port/add", "=bridge=br", "=interface=t")
		}
		do(t, a, "/ip/address/add", "=address=10.0.0.1/24", "=interface=br")
		do(t, b, "/ip/address/add", "=address=10.0.0.2/24", "=interface=br")
		advance(2 * time.Second)
		if r := do(t, a, "/ping", "=address=10.0.0.2", "=count=1"); r[0]["status"] != "" {
			t.Errorf("over the tunnel: %v", r[0])
		}
		do(t, b, "/interface/eoip/disable", "=.id=t")
		if r := do(t, a, "/ping", "=address=10.0.0.2", "=count=1"); r[0]["status"] != "timeout" {
			t.Errorf("tunnel disabled: %v", r[0])
		}
	})
}

func TestTrafficCountsKeepalives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, a, b := pairWorld(t)
		tunnel(t, a, "t", "198.51.100.1", "203.0.113.1", "1", "=keepalive=1s,3")
		tunnel(t, b, "t", "203.0.113.1", "198.51.100.1", "1", "=keepalive=1s,3")
		advance(10400 * time.Millisecond)
		r := do(t, a, "/interface/print", "?name=t")[0]
		got := map[string]string{"tx": r["tx-packet"], "rx": r["rx-packet"], "bytes": r["tx-byte"]}
		want := map[string]string{"tx": "11", "rx": "11", "bytes": "308"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("counters (-want +got):\n%s", diff)
		}
	})
}

func TestNetwatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, a, b := pairWorld(t)
		do(t, a, "/tool/netwatch/add", "=name=n", "=host=203.0.113.1", "=interval=1s", "=start-delay=2s")
		status := func() string { return look(t, a, "tool/netwatch", "n", "status") }
		if got := status(); got != "unknown" {
			t.Errorf("at start: %s", got)
		}
		advance(2 * time.Second)
		if got := status(); got != "up" {
			t.Errorf("after start-delay: %s", got)
		}
		b.PowerOff()
		advance(time.Second)
		if got := status(); got != "down" {
			t.Errorf("peer off: %s", got)
		}
		b.PowerOn()
		a.Reboot()
		advance(4 * time.Minute)
		if got := status(); got != "unknown" {
			t.Errorf("within startup-delay: %s", got)
		}
		advance(time.Minute)
		if got := status(); got != "up" {
			t.Errorf("after startup-delay: %s", got)
		}
		_ = w
	})
}

// An interface list as a port brings its members in as dynamic rows.
func TestInterfaceListAsBridgePort(t *testing.T) {
	_, a, _ := pairWorld(t)
	do(t, a, "/interface/list/add", "=name=LAN")
	do(t, a, "/interface/bridge/add", "=name=br")
	do(t, a, "/interface/bridge/port/add", "=bridge=br", "=interface=LAN")
	do(t, a, "/interface/bridge/port/add", "=bridge=br", "=interface=ether4")
	for _, name := range []string{"ether3", "ether4"} {
		do(t, a, "/interface/list/member/add", "=list=LAN", "=interface="+name)
	}
	want := []map[string]string{
		{"interface": "LAN", "dynamic": "false", "inactive": "true"},
		{"interface": "ether4", "dynamic": "false", "inactive": "false"},
		{"interface": "ether3", "dynamic": "true", "inactive": "false"},
	}
	if diff := cmp.Diff(want, do(t, a, "/interface/bridge/port/print", "=.proplist=interface,dynamic,inactive")); diff != "" {
		t.Errorf("ports (-want +got):\n%s", diff)
	}
	if _, err := a.Do("/interface/bridge/port/remove", "=.id=*10000001"); err == nil {
		t.Error("a dynamic port was removed")
	}
	do(t, a, "/interface/bridge/remove", "=.id=br")
}
