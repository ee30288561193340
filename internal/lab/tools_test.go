//go:build linux

package lab

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"jembatan/routeros"
)

// need fails where a program is missing.
func need(tb testing.TB, program string) {
	tb.Helper()
	if _, err := exec.LookPath(program); err != nil {
		tb.Fatalf("%s is missing: run make lab", program)
	}
}

// dissect lets tshark read a capture of the WAN: EoIP with ICMP inside, and
// fragments that it puts together again.
func dissect(t *testing.T, pcap string) {
	t.Helper()
	need(t, "tshark")
	out, err := exec.Command("tshark", "-r", pcap, "-T", "fields", "-e", "ip.ttl", "-e", "ip.flags.df", "-e", "gre.proto", "-e", "frame.protocols").Output()
	must(t, err)
	icmp, keepalives := 0, 0
	for line := range strings.SplitSeq(strings.TrimSpace(string(out)), "\n") {
		fields := strings.Split(line, "\t")
		if len(fields) != 4 || !strings.Contains(fields[2], "0x6400") {
			continue
		}
		// One hop through the internet makes 254 of what comes in.
		if !strings.HasPrefix(fields[0], "255") && !strings.HasPrefix(fields[0], "254") || strings.HasPrefix(fields[1], "1") {
			t.Errorf("TTL %s, DF %s: RouterOS sends 255 and 0", fields[0], fields[1])
		}
		switch {
		case strings.Contains(fields[3], "gre:eth:ethertype:ip:icmp"):
			icmp++
		case strings.HasSuffix(fields[3], "ip:gre"):
			keepalives++
		}
	}
	t.Logf("tshark: %d EoIP packets with ICMP, %d keepalives", icmp, keepalives)
	if icmp != 6 {
		t.Errorf("tshark finds %d EoIP packets with ICMP, not 6:\n%s", icmp, out)
	}
}

// dhcpStays sends to DHCP's port with and without the router's bridge filter.
func dhcpStays(t *testing.T, l *Lab) {
	t.Helper()
	to := hostAddress(t, l, "pc-r002")
	count := func() int {
		f, err := os.CreateTemp(t.TempDir(), "dhcp")
		must(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- l.Capture(ctx, "pc-r002", f, 0) }()
		time.Sleep(100 * time.Millisecond)
		null, err := os.Open(os.DevNull)
		must(t, err)
		_, err = l.Exec(ctx, "pc-r001", []string{"bash", "-c", "for i in 1 2 3; do echo discover >/dev/udp/" + to + "/67; done"}, null, os.Stdout, os.Stderr)
		must(t, err)
		time.Sleep(100 * time.Millisecond)
		cancel()
		must(t, <-done)
		b, err := os.ReadFile(f.Name())
		must(t, err)
		return strings.Count(string(b), "discover\n")
	}
	if n := count(); n < 3 { // Refusals quote what they refuse.
		t.Errorf("without a filter %d of 3 arrive", n)
	}
	s := session(t, l, "r001")
	_, err := s.Call(t.Context(), routeros.Request{Path: "/interface/bridge/filter/add", Fields: routeros.FieldsOf(
		"chain", "forward", "out-interface", "eoip-lan-r002", "mac-protocol", "ip", "ip-protocol", "udp", "dst-port", "67-68", "action", "drop")})
	must(t, err)
	time.Sleep(200 * time.Millisecond)
	if n := count(); n != 0 {
		t.Errorf("with the filter %d of 3 arrive", n)
	}
}

// session logs in to a router from outside.
func session(t *testing.T, l *Lab, router string) *routeros.Session {
	t.Helper()
	e := l.Endpoints()[router]
	s, err := routeros.Dial(t.Context(), e.Address, routeros.Options{
		User: "admin", TLS: &routeros.TLSOptions{Fingerprint: e.Fingerprint}, DialTimeout: 5 * time.Second,
	})
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// nftChecks reports whether nft is there and may look at rules.
func nftChecks(t *testing.T) bool {
	t.Helper()
	_, err := exec.LookPath("nft")
	return err == nil && os.Getuid() == 0
}

// check lets nft read a ruleset without applying it.
func check(t *testing.T, text string) {
	t.Helper()
	cmd := exec.Command("nft", "-c", "-f", "-")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("nft refuses: %v\n%s", err, out)
	}
}
