package emulator

import (
	"testing"
	"testing/synctest"
	"time"
)

// lanPair is two routers on one LAN, with a VRRP instance each.
func lanPair(t *testing.T, words ...string) (w *World, a, b *Device) {
	t.Helper()
	w = NewWorld()
	t.Cleanup(w.Close)
	for _, c := range []struct{ name, address, priority string }{{"a", "10.0.0.2/24", "200"}, {"b", "10.0.0.3/24", "100"}} {
		d, err := w.Add(Config{Name: c.name, Version: "7.18.2", Addresses: []Address{{c.address, "ether2"}}})
		if err != nil {
			t.Fatal(err)
		}
		w.JoinLAN("lan", c.name, "ether2")
		do(t, d, "/interface/vrrp/add", append([]string{"=name=v", "=interface=ether2", "=vrid=7", "=priority=" + c.priority}, words...)...)
		do(t, d, "/ip/address/add", "=address=10.0.0.1/32", "=interface=v")
	}
	return w, w.Device("a"), w.Device("b")
}

func masters(t *testing.T, ds ...*Device) string {
	t.Helper()
	s := ""
	for _, d := range ds {
		if look(t, d, "interface/vrrp", "v", "master") == "true" {
			s += d.Name()
		}
	}
	return s
}

func TestVRRPElection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, a, b := lanPair(t)
		expect := func(when, want string) {
			t.Helper()
			if got := masters(t, a, b); got != want {
				t.Errorf("%s: masters %q, want %q", when, got, want)
			}
		}
		expect("at start", "")
		// Skew of priority 200 is 56/256 s: 3.21875 s.
		advance(3218 * time.Millisecond)
		expect("before the master-down timer", "")
		advance(time.Millisecond)
		expect("after it", "a")
		advance(10 * time.Second)
		expect("b hears a", "a")
		if got := look(t, b, "interface/vrrp", "v", "running"); got != "false" {
			t.Errorf("backup: running=%s", got)
		}

		// Priority 0 goes out: b waits its skew, 156/256 s.
		do(t, a, "/interface/vrrp/disable", "=.id=v")
		advance(609 * time.Millisecond)
		expect("within b's skew", "")
		advance(time.Millisecond)
		expect("after b's skew", "b")

		// a preempts once its own timer has run out.
		do(t, a, "/interface/vrrp/enable", "=.id=v")
		advance(3219 * time.Millisecond)
		expect("a preempts", "a")

		// A lower priority on the master: b's timer, at most 3.61 s.
		do(t, a, "/interface/vrrp/set", "=.id=v", "=priority=50")
		advance(3610 * time.Millisecond)
		expect("a lowered", "b")
		do(t, a, "/interface/vrrp/set", "=.id=v", "=priority=200")
		advance(4 * time.Second)
		expect("a raised", "a")

		// The LAN splits: both are master, and one again when it heals.
		w.JoinLAN("", "b", "ether2")
		advance(4 * time.Second)
		expect("split", "ab")
		w.JoinLAN("lan", "b", "ether2")
		advance(time.Second)
		expect("healed", "a")

		w.SetLink("a", "ether2", false)
		expect("a's link is down", "")
		advance(4 * time.Second)
		expect("b took over", "b")
		w.SetLink("a", "ether2", true)
		advance(4 * time.Second)
		expect("a is back", "a")
		a.PowerOff()
		advance(4 * time.Second)
		if got := masters(t, b); got != "b" {
			t.Errorf("a off: masters %q", got)
		}
	})
}

func TestVRRPWithoutPreemption(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, a, b := lanPair(t, "=preemption-mode=no")
		advance(4 * time.Second)
		do(t, a, "/interface/vrrp/disable", "=.id=v")
		advance(time.Second)
		do(t, a, "/interface/vrrp/enable", "=.id=v")
		advance(time.Minute)
		if got := masters(t, a, b); got != "b" {
			t.Errorf("masters %q, want b", got)
		}
	})
}

func TestVRRPDifferentIntervalsAreTwoMasters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, a, b := lanPair(t)
		do(t, b, "/interface/vrrp/set", "=.id=v", "=interval=2s")
		advance(time.Minute)
		if got := masters(t, a, b); got != "ab" {
			t.Errorf("masters %q, want ab", got)
		}
	})
}

func TestVRRPOverStretchedBridge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, a, b := pairWorld(t)
		for d, x := range map[*Device][4]string{
			a: {"198.51.100.1", "203.0.113.1", "10.0.0.2/24", "200"},
			b: {"203.0.113.1", "198.51.100.1", "10.0.0.3/24", "100"},
		} {
			tunnel(t, d, "t", x[0], x[1], "1", "=keepalive=1s,3")
			do(t, d, "/interface/bridge/add", "=name=br")
			do(t, d, "/interface/bridge/port/add", "=bridge=br", "=interface=t")
			do(t, d, "/ip/address/add", "=address="+x[2], "=interface=br")
		}
		advance(2 * time.Second)
		for d, prio := range map[*Device]string{a: "200", b: "100"} {
			do(t, d, "/interface/vrrp/add", "=name=v", "=interface=br", "=priority="+prio)
		}
		advance(4 * time.Second)
		if got := masters(t, a, b); got != "a" {
			t.Errorf("stretched: masters %q, want a", got)
		}
		// One way is cut: b takes over long before its tunnel goes down.
		for _, d := range []*Device{a, b} {
			do(t, d, "/interface/eoip/set", "=.id=t", "=keepalive=10s,10")
		}
		w.CutPath(addrA, addrB)
		advance(5 * time.Second)
		if got := masters(t, a, b); got != "ab" {
			t.Errorf("one way cut: masters %q", got)
		}
		w.RestorePath(addrA, addrB)
		advance(15 * time.Second)
		if got := masters(t, a, b); got != "a" {
			t.Errorf("healed: masters %q, want a", got)
		}
		// Adverts filtered at the tunnel: one master a site.
		for _, d := range []*Device{a, b} {
			do(t, d, "/interface/bridge/filter/add", "=chain=output", "=out-interface=t", "=mac-protocol=ip", "=ip-protocol=vrrp", "=action=drop")
		}
		advance(5 * time.Second)
		if got := masters(t, a, b); got != "ab" {
			t.Errorf("filtered: masters %q, want ab", got)
		}
	})
}

func TestVRRPGroupFollowsItsAuthority(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, a, b := lanPair(t)
		for d, address := range map[*Device]string{a: "192.0.2.2/24", b: "192.0.2.3/24"} {
			do(t, d, "/ip/address/add", "=address="+address, "=interface=ether3")
			do(t, d, "/interface/vrrp/add", "=name=wan", "=interface=ether3", "=vrid=8", "=group-authority=v")
		}
		advance(4 * time.Second)
		if got := look(t, a, "interface/vrrp", "wan", "master"); got != "true" {
			t.Errorf("member of a master: master=%s", got)
		}
		w.SetLink("a", "ether3", false)
		advance(4 * time.Second)
		if got := masters(t, a, b); got != "b" {
			t.Errorf("a member's parent failed: masters %q, want b", got)
		}
		if got := look(t, b, "interface/vrrp", "wan", "master"); got != "true" {
			t.Errorf("the other member: master=%s", got)
		}
	})
}

// The old name of group-authority is still accepted.
func TestGroupMasterIsGroupAuthority(t *testing.T) {
	_, a, _ := lanPair(t)
	do(t, a, "/interface/vrrp/add", "=name=w", "=interface=ether3", "=vrid=8", "=group-master=v")
	if got := look(t, a, "interface/vrrp", "w", "group-authority"); got != "v" {
		t.Errorf("group-authority=%s", got)
	}
}
