package app_test

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"jembatan/internal/app"
	"jembatan/internal/config"
	"jembatan/internal/emulate"
	"jembatan/routeros/emulator"
	"jembatan/tunnel"
)

// benchExport is an export of about 200 lines: one end of a tunnel among what
// routers have besides.
func benchExport(i int) string {
	pair, side := i/2, i%2
	own := fmt.Sprintf("198.%d.%d.%d", 18+pair/60000, pair/250%250, 2*(pair%125)+side+1)
	peer := fmt.Sprintf("198.%d.%d.%d", 18+pair/60000, pair/250%250, 2*(pair%125)+(1-side)+1)
	var b strings.Builder
	fmt.Fprintf(&b, "# 2026-01-10 08:00:00 by RouterOS 7.18.2\n# software id = B%03d-%04d\n#\n# model = RB4011\n# serial number = HF%08d\n", i%1000, i, i)
	fmt.Fprintf(&b, "/interface bridge\nadd name=br1\n/interface eoip\nadd comment=\"pair %d\" keepalive=1s,3 local-address=%s mac-address=\\\n    02:00:%02X:%02X:00:%02X mtu=1458 name=eoip-%d remote-address=%s tunnel-id=%d\n",
		pair, own, pair>>8&255, pair&255, side, pair, peer, pair%65535+1)
	b.WriteString("/interface bridge port\nadd bridge=br1 interface=ether2\n")
	fmt.Fprintf(&b, "add bridge=br1 interface=eoip-%d\n/ip address\nadd address=%s/24 interface=ether1\n", pair, own)
	b.WriteString("/ip firewall filter\n")
	for j := range 60 {
		fmt.Fprintf(&b, "add action=accept chain=forward comment=\"rule %d\" dst-port=%d protocol=tcp src-address=10.%d.0.0/16\n", j, 1000+j, j)
	}
	b.WriteString("/ip firewall nat\n")
	for j := range 30 {
		fmt.Fprintf(&b, "add action=dst-nat chain=dstnat dst-port=%d in-interface=ether1 protocol=tcp \\\n    to-addresses=192.168.%d.%d\n", 2000+j, pair%250, j+2)
	}
	b.WriteString("/ip dhcp-server lease\n")
	for j := range 50 {
		fmt.Fprintf(&b, "add address=192.168.%d.%d mac-address=02:AA:00:00:%02X:%02X\n", pair%250, j+50, j, side)
	}
	fmt.Fprintf(&b, "/system identity\nset name=r%d\n", i)
	return b.String()
}

// BenchmarkAuditExports audits folders of 250, 500 and 1,000 exports and tells
// the peak of the heap, which has to grow with the number of routers and no
// faster.
func BenchmarkAuditExports(b *testing.B) {
	for _, n := range []int{250, 500, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dir := b.TempDir()
			lines := 0
			for i := range n {
				text := benchExport(i)
				lines += strings.Count(text, "\n")
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("r%d.rsc", i)), []byte(text), 0o600); err != nil {
					b.Fatal(err)
				}
			}
			peak := uint64(0)
			for b.Loop() {
				runtime.GC()
				sample := func() {
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					peak = max(peak, m.HeapInuse)
				}
				r, err := app.Audit(context.Background(), app.AuditOptions{
					Exports: []string{dir}, Now: day, Progress: func(done, _ int, _ string) {
						if done%50 == 0 {
							sample()
						}
					},
				}, app.Options{Settings: config.Defaults(), Log: zerolog.Nop()})
				if err != nil {
					b.Fatal(err)
				}
				sample()
				if len(r.Tunnels) != n/2 || len(r.Routers) != n {
					b.Fatalf("%d tunnels of %d routers", len(r.Tunnels), len(r.Routers))
				}
			}
			b.ReportMetric(float64(lines)/float64(n), "lines/export")
			b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
			b.ReportMetric(float64(peak)/1024/float64(n), "peak-KiB/router")
		})
	}
}

// BenchmarkAuditLive audits 500 emulated routers that answer after 2 ms.
func BenchmarkAuditLive(b *testing.B) {
	const routers = 500
	world := emulator.NewWorld()
	defer world.Close()
	devices := emulate.Many(routers, nil)
	for i := range devices {
		devices[i].Users = []emulator.User{{Name: "audit", Password: "x"}}
	}
	server, err := emulate.Serve(world, devices, emulate.ServeOptions{Listen: netip.MustParseAddr("127.0.0.1"), Latency: 2 * time.Millisecond})
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	opts := app.AuditOptions{Now: day, Login: app.Login{User: "audit", Password: tunnel.SecretRef{Env: "P"}, TLS: tunnel.TLS{Off: true}}}
	for _, line := range server.Lines() {
		opts.Routers = append(opts.Routers, line.API)
	}
	for b.Loop() {
		r, err := app.Audit(context.Background(), opts, app.Options{Settings: config.Defaults(), Log: zerolog.Nop(), Env: func(string) (string, bool) { return "x", true }})
		if err != nil {
			b.Fatal(err)
		}
		if len(r.Routers) != routers {
			b.Fatalf("%d routers, unread: %v", len(r.Routers), r.Unread[:1])
		}
	}
	b.ReportMetric(routers, "routers")
}
