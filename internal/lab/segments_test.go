//go:build linux

package lab

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jembatan/examples"
)

// sites writes a topology of n sites with one uplink each and one segment.
func sites(n int, mtu int, segment string) []byte {
	var b strings.Builder
	b.WriteString("version: 1\ncredentials: {user: jembatan, password: {env: JEMBATAN_PASSWORD}, tls: system}\nrouters:\n")
	for i := range n {
		fmt.Fprintf(&b, "  r%03d:\n    address: 10.%d.%d.1\n    uplinks:\n      wan: {address: 10.%d.%d.1, mtu: %d}\n", i+1, i/250, i%250, i/250, i%250, mtu)
	}
	b.WriteString("segments:\n  lan:\n    subnet: 172.16.0.0/20\n    bridge: br-lan\n    members:\n")
	for i := range n {
		fmt.Fprintf(&b, "      r%03d: {ports: [ether2]}\n", i+1)
	}
	b.WriteString(segment)
	return []byte(b.String())
}

// allReach pings between every two of the hosts.
func allReach(t *testing.T, l *Lab, hosts []string, size int) {
	t.Helper()
	for _, a := range hosts {
		for _, b := range hosts {
			if a == b {
				continue
			}
			// The first one may wait for an address to be found.
			if r := ping(t, l, a, PingOptions{To: b, Count: 1, Size: size, Timeout: 3 * time.Second}); r.Received != 1 {
				t.Errorf("%s does not reach %s with %d bytes", a, b, size)
			}
		}
	}
}

// frames returns how many frames all tunnels of a lab have sent.
func frames(t *testing.T, l *Lab) (n uint64) {
	t.Helper()
	s, err := l.Status(t.Context())
	must(t, err)
	for _, r := range s.Routers {
		for _, x := range r.Tunnels {
			n += x.Counters.TxPackets
		}
		for _, lack := range r.Lacks {
			t.Errorf("%s: %s", r.Name, lack)
		}
	}
	return n
}

func pcs(n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("pc-r%03d", i+1))
	}
	return out
}

// TestMesh joins four sites each with each. Split horizon keeps a broadcast from
// going round: each site gets it once.
func TestMesh(t *testing.T) {
	needRoot(t)
	src := sites(4, 1500, "    shape: mesh\n    tunnels: {mtu: 1500, keepalive: \"1s,3\"}\n")
	l := start(t, Options{Source: src})
	applyAll(t, controller(t, l, src))
	allReach(t, l, pcs(4), 84)
	before := frames(t, l)
	for range 20 {
		r := ping(t, l, "pc-r001", PingOptions{To: "172.16.9.9", Count: 1, Timeout: 10 * time.Millisecond}) // nobody: ARP broadcasts
		_ = r
	}
	time.Sleep(1200 * time.Millisecond)
	sent := frames(t, l) - before
	t.Logf("ARP for nobody, 3 retries at most: %d frames in all tunnels", sent)
	if sent > 60 {
		t.Errorf("a mesh of four sent %d frames: a storm", sent)
	}
}

// TestHubTree is eight sites below three hubs, two of them with two tunnels under
// spanning tree, and a second segment across.
func TestHubTree(t *testing.T) {
	needRoot(t)
	l := start(t, Options{Source: examples.HubTree(), Secrets: map[string]string{"env:JEMBATAN_PASSWORD": "secret"}})
	a := controller(t, l, examples.HubTree())
	applyAll(t, a)
	s, err := l.Status(t.Context())
	must(t, err)
	var hosts []string
	for _, h := range s.Hosts {
		if h.Kind == "pc" && !strings.HasSuffix(h.Name, "-voice") {
			hosts = append(hosts, h.Name)
		}
	}
	if len(hosts) != 8 {
		t.Fatalf("%d hosts: %v", len(hosts), hosts)
	}
	until(t, "spanning tree blocks one tunnel of each doubled link", func() bool { return blocked(t, l) == 2 })
	allReach(t, l, hosts, 1500)
	before := frames(t, l)
	ping(t, l, hosts[0], PingOptions{To: "172.16.9.9", Count: 1, Timeout: time.Second})
	if n := frames(t, l) - before; n > 60 {
		t.Errorf("an ARP request became %d frames: a loop", n)
	}
	results := make(chan *PingResult, 1)
	go func() {
		r, err := l.Ping(t.Context(), "pc-sby", PingOptions{To: "pc-jkt", Count: 600, Interval: 10 * time.Millisecond})
		if err != nil {
			t.Error(err)
		}
		results <- r
	}()
	_, err = l.Fault(t.Context(), "cut", "sby.backup")
	must(t, err)
	_, err = l.Fault(t.Context(), "clear")
	must(t, err)
	r := <-results
	t.Logf("backup uplink cut and mended: %d of %d lost", len(r.Lost), r.Sent)
	_, err = l.Fault(t.Context(), "cut-tunnel", "sby.eoip-office-jkt-metro")
	must(t, err)
	lost := ping(t, l, "pc-sby", PingOptions{To: "pc-jkt", Count: 500, Interval: 10 * time.Millisecond})
	t.Logf("tunnel in use cut: %d of %d lost, then over the other", len(lost.Lost), lost.Sent)
	if n := len(lost.Lost); n == 0 || n > 400 || lost.Lost[n-1] > 450 {
		t.Errorf("lost %v", lost.Lost)
	}
}

func blocked(t *testing.T, l *Lab) (n int) {
	t.Helper()
	s, err := l.Status(t.Context())
	must(t, err)
	for _, r := range s.Routers {
		for _, x := range r.Tunnels {
			if x.Blocked {
				n++
			}
		}
	}
	return n
}

// TestFullFramesOverSmallUnderlay carries frames of 1500 bytes over uplinks of
// 1420, and TCP; and keeps DHCP at its site by the router's bridge filter.
func TestFullFramesOverSmallUnderlay(t *testing.T) {
	needRoot(t)
	src := sites(2, 1420, "    shape: hub\n    hubs: [r001]\n    tunnels: {mtu: 1500, keepalive: \"1s,3\"}\n")
	l := start(t, Options{Source: src})
	applyAll(t, controller(t, l, src))
	allReach(t, l, pcs(2), 1500)
	pcap := filepath.Join(t.TempDir(), "wan.pcap")
	f, err := os.Create(pcap)
	must(t, err)
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { done <- l.Capture(ctx, "r001.wan", f, 0) }()
	time.Sleep(100 * time.Millisecond)
	ping(t, l, "pc-r001", PingOptions{To: "pc-r002", Count: 3, Interval: 10 * time.Millisecond, Size: 1500})
	time.Sleep(100 * time.Millisecond)
	cancel()
	must(t, <-done)
	must(t, f.Close())
	dissect(t, pcap)
	tcpAcross(t, l)
	dhcpStays(t, l)
}

// tcpAcross sends a megabyte from one site to the other.
func tcpAcross(t *testing.T, l *Lab) {
	t.Helper()
	out, err := os.CreateTemp(t.TempDir(), "out")
	must(t, err)
	defer out.Close()
	null, err := os.Open(os.DevNull)
	must(t, err)
	defer null.Close()
	to := hostAddress(t, l, "pc-r002")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	server := make(chan error, 1)
	go func() {
		_, err := l.Exec(ctx, "pc-r002", []string{"bash", "-c", "exec timeout 15 iperf3 -s -1"}, null, out, out)
		server <- err
	}()
	begun := time.Now()
	for {
		code, err := l.Exec(ctx, "pc-r001", []string{"iperf3", "-c", to, "-n", "8M"}, null, out, out)
		must(t, err)
		if code == 0 {
			break
		}
		if time.Since(begun) > 5*time.Second {
			b, _ := os.ReadFile(out.Name())
			t.Fatalf("iperf3 ends with %d: %s", code, b)
		}
		time.Sleep(50 * time.Millisecond)
	}
	must(t, <-server)
	b, err := os.ReadFile(out.Name())
	must(t, err)
	for line := range strings.SplitSeq(string(b), "\n") {
		if strings.Contains(line, "receiver") {
			t.Logf("8 MB of TCP, MTU 1500 over 1420: %s", line)
		}
	}
}

func hostAddress(t *testing.T, l *Lab, name string) string {
	t.Helper()
	s, err := l.Status(t.Context())
	must(t, err)
	for _, h := range s.Hosts {
		if h.Name == name {
			ip, _, err := net.ParseCIDR(h.Address)
			must(t, err)
			return ip.String()
		}
	}
	t.Fatalf("no host %s", name)
	return ""
}
