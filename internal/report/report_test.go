package report

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/tunnel/audit"
)

// sample is a report with something of everything.
func sample() *audit.Report {
	field := func(router, name, value string) audit.Field { return audit.Field{Name: name, Value: value} }
	row := func(line int, fields ...audit.Field) audit.Row { return audit.Row{Line: line, Fields: fields} }
	seal := audit.NewSealer([]byte("key"))
	end := func(name, local, remote, id, keepalive string) *audit.Router {
		secret := []audit.Field{field(name, "ipsec-secret", "hush-hush")}
		seal.SealRow(audit.MenuEoIP, secret)
		return &audit.Router{
			Name: name, Identity: name, Version: "7.20.4", Scope: "/", Shown: true,
			Source: audit.Source{Kind: audit.Export, Where: "exports/" + name + ".rsc", Time: time.Date(2026, 1, 10, 8, 0, 0, 0, time.UTC)},
			Menus: map[string][]audit.Row{
				audit.MenuEoIP: {row(9, append(secret,
					field(name, "name", "eoip-<b>&\x1b[31m"), field(name, "local-address", local), field(name, "remote-address", remote), field(name, "tunnel-id", id),
					field(name, "keepalive", keepalive), field(name, "comment", "=cmd|'/c calc'!A1"), field(name, "allow-fast-path", "false"),
				)...)},
			},
		}
	}
	in := audit.Input{
		Routers: []*audit.Router{
			end("jkt", "198.51.100.1", "198.51.100.2", "101", "1s,3"), end("sby", "198.51.100.2", "198.51.100.1", "102", "10s,10"),
			end("=bdg", "198.51.100.3", "203.0.113.9", "9", "1s,3"),
		},
		Unread: []audit.Unread{{Name: "mlg", Where: "198.51.100.4:8729", Reason: "i/o timeout"}, {Name: "notes.txt", Where: "exports/notes.txt", Line: 1, Reason: "not a RouterOS export", Alien: true}},
		Doubts: []audit.Doubt{{Kind: audit.DoubtDamaged, Router: "jkt", File: "exports/jkt.rsc", Line: 40, Say: audit.Text{EN: "cut off", ID: "terpotong"}}},
		Now:    time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC), Seal: seal, Tool: "jembatan test",
		Waivers: []audit.Waiver{
			{Rule: "MGMT-*", Scope: "*", Reason: "behind a firewall", Who: "net team", Until: time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)},
			{Rule: "CRY-03", Scope: "jkt", Reason: "soon", Who: "net team", Until: time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC)},
			{Rule: "HA-01", Scope: "jkt", Reason: "x", Who: "y", Until: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)},
		},
	}
	base := *audit.Run(in)
	base.Findings = append([]audit.Finding{{Rule: "L2-04", Severity: audit.Critical, Subject: "jkt/br1", Say: audit.Text{EN: "a loop", ID: "lingkaran"}}}, base.Findings[2:]...)
	in.Baseline = &base
	return audit.Run(in)
}

// TestForms compares every form in both languages with golden files.
func TestForms(t *testing.T) {
	r := sample()
	for _, form := range Forms() {
		for name, lang := range map[string]audit.Lang{"en": audit.English, "id": audit.Indonesian} {
			if form == JSON && name == "id" {
				continue // Both languages are in one.
			}
			var b bytes.Buffer
			if err := Write(&b, r, form, Options{Lang: lang}); err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata", string(form)+"."+name+".golden"), b.Bytes())
			if strings.Contains(b.String(), "hush-hush") {
				t.Errorf("%s shows a secret", form)
			}
			if form != JSON && form != HTML && strings.ContainsRune(b.String(), '\x1b') {
				t.Errorf("%s passes control characters on", form)
			}
		}
	}
}

// TestJSONRoundTrips reads a report as a baseline.
func TestJSONRoundTrips(t *testing.T) {
	r := sample()
	var b bytes.Buffer
	if err := Write(&b, r, JSON, Options{}); err != nil {
		t.Fatal(err)
	}
	again, err := audit.ParseReport(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(r, again); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if _, err := audit.ParseReport([]byte(`{"schema":"other"}`)); err == nil {
		t.Error("a report of another schema was read")
	}
}

// TestHTMLStandsAlone asks that the page is well formed, loads nothing and runs
// nothing.
func TestHTMLStandsAlone(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, sample(), HTML, Options{}); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, bad := range []string{"<script", "javascript:", "@import", "url(", "<link", "<img", "<iframe", "ZgotmplZ"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %s", bad)
		}
	}
	if m := regexp.MustCompile(`(?:src|href)="[^#"][^"]*"`).FindString(page); m != "" {
		t.Errorf("the page refers to %s", m)
	}
	if strings.Contains(page, "eoip-<b>") {
		t.Error("a name of a router is markup")
	}
	d := xml.NewDecoder(strings.NewReader(strings.Replace(page, "<!DOCTYPE html>", "", 1)))
	d.Strict, d.AutoClose, d.Entity = true, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("not well formed: %v", err)
		}
	}
}

// TestCSVIsSafe asks that no cell begins a formula.
func TestCSVIsSafe(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, sample(), CSV, Options{}); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
				t.Errorf("cell %q", cell)
			}
		}
	}
}

// TestDrawingHasLimits draws far more than a page holds.
func TestDrawingHasLimits(t *testing.T) {
	r := &audit.Report{}
	for i := range 2000 {
		name := "r" + strings.Repeat("x", i%40) + string(rune('a'+i%26)) + time.Duration(i).String()
		r.Routers = append(r.Routers, audit.RouterRow{Name: name})
		if i%2 == 1 {
			r.Tunnels = append(r.Tunnels, audit.TunnelRow{Subject: name, Ends: []audit.EndRow{{Router: r.Routers[i-1].Name}, {Router: name}}})
		}
	}
	d := draw(r, wordsOf(audit.English))
	if len(d.Nodes) > mostNodes || d.Left == 0 || len(d.Nodes) == 0 {
		t.Errorf("%d nodes, %d left", len(d.Nodes), d.Left)
	}
}
