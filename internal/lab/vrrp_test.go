//go:build linux

package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jembatan/routeros"
)

// TestVRRPWithKeepalived lets Debian's keepalived be the other router, in both
// versions: it elects with ours, fails over and preempts, both ways.
func TestVRRPWithKeepalived(t *testing.T) {
	needRoot(t)
	need(t, "keepalived")
	for _, version := range []int{2, 3} {
		t.Run(fmt.Sprint(version), func(t *testing.T) { vrrpStory(t, version) })
	}
}

func vrrpStory(t *testing.T, version int) {
	src := sites(2, 1500, "    shape: hub\n    hubs: [r001]\n    tunnels: {mtu: 1500, keepalive: \"1s,3\"}\n")
	l := start(t, Options{Source: src})
	applyAll(t, controller(t, l, src))
	interval := time.Second
	s := session(t, l, "r001")
	vrrp := add(t, s, "/interface/vrrp/add", "name", "vrrp1", "interface", "br-lan", "vrid", "51", "priority", "150",
		"version", fmt.Sprint(version), "interval", "1s")
	add(t, s, "/ip/address/add", "address", "172.16.0.254/32", "interface", "vrrp1")
	is := func(name string) bool {
		rows, err := routeros.Print(t.Context(), s, "/interface/vrrp", nil)
		must(t, err)
		return len(rows) == 1 && text(rows[0], name) == "true"
	}
	until(t, "ours is master", func() bool { return is("master") })
	k := keepalived(t, l, version, 100)
	until(t, "keepalived is backup", func() bool { return strings.Contains(k.log(t), "BACKUP STATE") })
	time.Sleep(3 * interval)
	if !is("master") || k.has(t, "172.16.0.254") {
		t.Fatal("two masters")
	}
	if r := ping(t, l, "pc-r001", PingOptions{To: "172.16.0.254", Count: 3, Interval: 50 * time.Millisecond}); r.Received != 3 {
		t.Errorf("the virtual address: %+v", r)
	}
	must(t, routeros.Update(t.Context(), s, "/interface/vrrp", []string{vrrp}, routeros.FieldsOf("disabled", "yes")))
	took := until(t, "keepalived takes over", func() bool { return k.has(t, "172.16.0.254") })
	t.Logf("ours disabled: keepalived is master after %v (priority 0 lets it wait its skew only)", took)
	if took > 2*interval {
		t.Errorf("that is longer than the skew of 0.61 s")
	}
	must(t, routeros.Update(t.Context(), s, "/interface/vrrp", []string{vrrp}, routeros.FieldsOf("disabled", "no")))
	took = until(t, "ours preempts", func() bool { return is("master") && !k.has(t, "172.16.0.254") })
	t.Logf("ours enabled: preempted after %v", took)
	// The other way: ours becomes the lesser one, keepalived preempts; then it
	// dies without a word, and ours takes over.
	must(t, routeros.Update(t.Context(), s, "/interface/vrrp", []string{vrrp}, routeros.FieldsOf("priority", "50")))
	took = until(t, "keepalived preempts", func() bool { return k.has(t, "172.16.0.254") && is("backup") })
	t.Logf("priority 150 → 50: keepalived preempted after %v", took)
	k.kill()
	took = until(t, "ours takes over", func() bool { return is("master") })
	t.Logf("keepalived killed: ours is master after %v", took)
}

// A referee is a keepalived in router r002.
type referee struct {
	l    *Lab
	dir  string
	stop context.CancelFunc
	done chan struct{}
}

func keepalived(t *testing.T, l *Lab, version, priority int) *referee {
	t.Helper()
	k := &referee{l: l, dir: t.TempDir(), done: make(chan struct{})}
	conf := fmt.Sprintf(`global_defs {
  router_id r002
  vrrp_version %d
  vrrp_garp_master_delay 1
}
vrrp_instance V {
  state BACKUP
  interface br-lan
  virtual_router_id 51
  priority %d
  advert_int 1
  virtual_ipaddress { 172.16.0.254/32 }
}
`, version, priority)
	must(t, os.WriteFile(filepath.Join(k.dir, "k.conf"), []byte(conf), 0o600))
	out, err := os.Create(filepath.Join(k.dir, "log"))
	must(t, err)
	null, err := os.Open(os.DevNull)
	must(t, err)
	var ctx context.Context
	ctx, k.stop = context.WithCancel(t.Context())
	go func() {
		defer close(k.done)
		_, _ = l.Exec(ctx, "r002", []string{
			"keepalived", "-n", "-l", "-D", "-P", "-f", filepath.Join(k.dir, "k.conf"),
			"-p", filepath.Join(k.dir, "pid"), "-r", filepath.Join(k.dir, "vpid"),
		}, null, out, out)
	}()
	t.Cleanup(k.kill)
	return k
}

func (k *referee) kill() {
	k.stop()
	<-k.done
}

func (k *referee) log(t *testing.T) string {
	b, err := os.ReadFile(filepath.Join(k.dir, "log"))
	must(t, err)
	return string(b)
}

// has reports whether r002 has an address.
func (k *referee) has(t *testing.T, address string) bool {
	t.Helper()
	out, err := os.CreateTemp(k.dir, "addr")
	must(t, err)
	defer out.Close()
	null, err := os.Open(os.DevNull)
	must(t, err)
	defer null.Close()
	_, err = k.l.Exec(t.Context(), "r002", []string{"ip", "-o", "addr", "show", "br-lan"}, null, out, out)
	must(t, err)
	b, err := os.ReadFile(out.Name())
	must(t, err)
	return strings.Contains(string(b), address)
}

// TestTwoMastersMeet has two of ours that did not hear each other for a while:
// when they do again, one of them gives way.
func TestTwoMastersMeet(t *testing.T) {
	needRoot(t)
	src := sites(2, 1500, "    shape: hub\n    hubs: [r001]\n    tunnels: {mtu: 1500, keepalive: \"1s,3\"}\n")
	l := start(t, Options{Source: src})
	applyAll(t, controller(t, l, src))
	state := map[string]func() string{}
	for i, router := range []string{"r001", "r002"} {
		s := session(t, l, router)
		add(t, s, "/interface/vrrp/add", "name", "vrrp1", "interface", "br-lan", "vrid", "51", "priority", fmt.Sprint(150-i), "interval", "1s")
		add(t, s, "/ip/address/add", "address", "172.16.0.254/32", "interface", "vrrp1")
		state[router] = func() string {
			rows, err := routeros.Print(t.Context(), s, "/interface/vrrp", nil)
			must(t, err)
			return "master " + text(rows[0], "master")
		}
	}
	alone := func() bool { return state["r001"]() == "master true" && state["r002"]() != "master true" }
	until(t, "the preferred one is master alone", alone)
	_, err := l.Fault(t.Context(), "cut", "r002.wan")
	must(t, err)
	until(t, "both are master", func() bool { return state["r002"]() == "master true" })
	_, err = l.Fault(t.Context(), "clear")
	must(t, err)
	took := until(t, "one of them gives way", alone)
	t.Logf("one of two masters gave way %v after the cut was mended", took)
}
