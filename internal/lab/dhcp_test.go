//go:build linux

package lab

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jembatan/routeros"
)

// TestDHCP lets a host ask for an address. Without a filter the server of another
// site answers too; with one on the tunnel's port every site keeps to its own.
func TestDHCP(t *testing.T) {
	needRoot(t)
	need(t, "busybox")
	src := sites(2, 1600, "    shape: hub\n    hubs: [r001]\n    tunnels: {mtu: 1500, keepalive: \"1s,3\"}\n")
	l := start(t, Options{Source: src, Controller: "r001"})
	applyAll(t, controller(t, l, src))
	stop := dhcpServer(t, l, "pc-r002", "172.16.6.10")
	until(t, "an address of the other site", func() bool { return strings.HasPrefix(lease(t, l, "pc-r001"), "172.16.6.") })
	for router, port := range map[string]string{"r001": "eoip-lan-r002", "r002": "eoip-lan-r001"} {
		s := session(t, l, router)
		for _, way := range []string{"in-interface", "out-interface"} {
			_, err := s.Call(t.Context(), routeros.Request{Path: "/interface/bridge/filter/add", Fields: routeros.FieldsOf(
				"chain", "forward", way, port, "mac-protocol", "ip", "ip-protocol", "udp", "dst-port", "67-68", "action", "drop")})
			must(t, err)
		}
	}
	until(t, "the filter keeps the other site out", func() bool { return lease(t, l, "pc-r001") == "" })
	dhcpServer(t, l, "controller", "172.16.5.10")
	until(t, "an address of its own site", func() bool { return strings.HasPrefix(lease(t, l, "pc-r001"), "172.16.5.") })
	for range 3 {
		if got := lease(t, l, "pc-r001"); !strings.HasPrefix(got, "172.16.5.") {
			t.Errorf("with a server at each site the address is %q", got)
		}
	}
	stop()
}

// dhcpServer runs a DHCP server with one address on a host until it is stopped.
func dhcpServer(t *testing.T, l *Lab, host, address string) (stop func()) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "udhcpd.conf")
	must(t, os.WriteFile(filepath.Join(dir, "leases"), nil, 0o600))
	must(t, os.WriteFile(file, []byte("start "+address+"\nend "+address+"\ninterface eth0\nmax_leases 1\nmin_lease 5\noffer_time 1\noption lease 10\n"+
		"lease_file "+dir+"/leases\npidfile "+dir+"/pid\noption subnet 255.255.240.0\n"), 0o600))
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = l.Exec(ctx, host, []string{"busybox", "udhcpd", "-f", file}, null, null, null)
	}()
	stop = func() {
		cancel()
		<-ended
		_ = null.Close()
	}
	t.Cleanup(stop)
	return stop
}

// lease asks for an address by DISCOVER and REQUEST and gives it back; empty: nobody
// has one to give.
func lease(t *testing.T, l *Lab, host string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	out, err := os.CreateTemp(t.TempDir(), "out")
	must(t, err)
	defer out.Close()
	null, err := os.Open(os.DevNull)
	must(t, err)
	defer null.Close()
	_, err = l.Exec(ctx, host, []string{"busybox", "udhcpc", "-i", "eth0", "-n", "-q", "-f", "-R", "-t", "2", "-T", "1", "-s", "/bin/true"}, null, out, out)
	must(t, err)
	b, err := os.ReadFile(out.Name())
	must(t, err)
	_, rest, _ := strings.Cut(string(b), "lease of ")
	address, _, _ := strings.Cut(rest, " ")
	return address
}
