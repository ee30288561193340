package notify

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"jembatan/failover"
	"jembatan/tunnel"
)

// reasons reads every constant of type Reason from the source of failover.
func reasons(t *testing.T) []failover.Reason {
	t.Helper()
	files, err := filepath.Glob("../../failover/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var out []failover.Reason
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "Reason" {
				for _, v := range spec.Values {
					word, err := strconv.Unquote(v.(*ast.BasicLit).Value)
					if err != nil {
						t.Fatal(err)
					}
					out = append(out, failover.Reason(word))
				}
			}
			return true
		})
	}
	return out
}

func TestEveryReasonHasWords(t *testing.T) {
	found := map[failover.Reason]int{}
	for _, w := range wordings() {
		found[w.reason]++
		if w.severity == tunnel.SeverityUnknown || w.en == "" || w.id == "" {
			t.Errorf("%s: its words are not complete", w.reason)
		}
		for _, text := range []string{w.en, w.id} {
			if len(text) > 60 || gsm(text) != text {
				t.Errorf("%s: %q does not fit into a text message", w.reason, text)
			}
		}
	}
	all := reasons(t)
	if len(all) < 50 {
		t.Fatalf("only %d reasons were found in the source", len(all))
	}
	for _, r := range all {
		if r != failover.None && found[r] != 1 {
			t.Errorf("%s: has %d lines in the table", r, found[r])
		}
		delete(found, r)
	}
	delete(found, Heartbeat)
	delete(found, Test)
	for r := range found {
		t.Errorf("%s: is no reason of failover", r)
	}
}

// basic are the characters that GSM-7 (3GPP TS 23.038, 6.2.1) and ASCII share and
// that count once.
const basic = "@$_!\"#%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz "

func TestShort(t *testing.T) {
	name := rapid.StringMatching(`[A-Za-z0-9_-]{1,32}`)
	all := reasons(t)
	rapid.Check(t, func(t *rapid.T) {
		a := Alert{
			At: time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "at"), 0), Service: name.Draw(t, "service"), Server: name.Draw(t, "server"),
			Reason: rapid.SampledFrom(all).Draw(t, "reason"), Detail: rapid.String().Draw(t, "detail"),
			Severity: tunnel.Severity(rapid.IntRange(0, 3).Draw(t, "severity")),
		}
		text := Short(a, tunnel.Language(rapid.IntRange(0, 2).Draw(t, "language")))
		if len(text) > 160 {
			t.Fatalf("%d characters: %s", len(text), text)
		}
		if bad := strings.Trim(text, basic); strings.IndexFunc(text, func(r rune) bool { return !strings.ContainsRune(basic, r) }) >= 0 {
			t.Fatalf("%q is not of GSM-7: %s", bad, text)
		}
		if !strings.Contains(text, " "+a.Service+"/"+a.Server+" "+string(a.Reason)+":") {
			t.Fatalf("does not name %s/%s %s: %s", a.Service, a.Server, a.Reason, text)
		}
		if !strings.HasSuffix(text, a.At.UTC().Format(" 15:04Z")) {
			t.Fatalf("does not say when: %s", text)
		}
	})
}

// TestShortOfAnything: whatever is in an alert, the message can be sent.
func TestShortOfAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String()
		a := Alert{Service: s.Draw(t, "service"), Server: s.Draw(t, "server"), Reason: failover.Reason(s.Draw(t, "reason")), Detail: s.Draw(t, "detail")}
		text := Short(a, tunnel.English)
		if len(text) > 160 || strings.IndexFunc(text, func(r rune) bool { return !strings.ContainsRune(basic, r) }) >= 0 {
			t.Fatalf("%d: %q", len(text), text)
		}
	})
}

func TestTexts(t *testing.T) {
	at := time.Date(2026, 11, 22, 10, 56, 1, 0, time.UTC)
	a := FromAction(failover.Action{
		Kind: failover.Alert, Service: "erp", Server: "main", Phase: failover.Suspect, Reason: failover.ServerFailed, Detail: "quorum: 3 of 4", Epoch: 7,
	}, at)
	for l, want := range map[tunnel.Language]string{
		tunnel.English:    "CRITICAL erp/main server-failed: the server has failed (quorum: 3 of 4) 10:56Z",
		tunnel.Indonesian: "KRITIS erp/main server-failed: server gagal (quorum: 3 of 4) 10:56Z",
	} {
		if d := cmp.Diff(want, Short(a, l)); d != "" {
			t.Error(d)
		}
	}
	got := Mail(a, tunnel.Indonesian, Extra{Local: time.FixedZone("WIB", 7*3600), Repeated: 2, Lost: 3})
	want := Letter{
		Subject: "[jembatan] KRITIS erp/main: server gagal",
		Body: `KRITIS: server gagal

Layanan      erp
Server       main
Alasan       server-failed
Rincian      quorum: 3 of 4
Tahap        suspect
Waktu        2026-11-22 10:56:01 UTC
Waktu lokal  2026-11-22 17:56:01 WIB (+07:00)
Nomor        ` + a.ID + `

Terulang 2 kali lagi dalam lima menit.

Terlalu banyak peringatan menunggu: 3 yang lama dibuang.
`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got := Short(NewTest(Heartbeat, at), tunnel.English); got != "INFO jembatan heartbeat: the regular test: alerts arrive 10:56Z" {
		t.Error(got)
	}
}

func TestSeverities(t *testing.T) {
	for _, c := range []struct {
		reason failover.Reason
		phase  failover.Phase
		want   tunnel.Severity
	}{
		{failover.MoveStarted, failover.Fence, tunnel.SeverityCritical},
		{failover.Partitioned, failover.Partition, tunnel.SeverityWarning},
		{failover.LeaseRunning, failover.Held, tunnel.SeverityCritical},
		{failover.ServerSuspect, failover.Held, tunnel.SeverityWarning},
		{failover.ServerBack, failover.Held, tunnel.SeverityInfo},
		{failover.MoveDone, failover.Verify, tunnel.SeverityInfo},
		{"never-heard-of", failover.Normal, tunnel.SeverityCritical},
	} {
		a := FromAction(failover.Action{Kind: failover.Alert, Reason: c.reason, Phase: c.phase}, time.Time{})
		if a.Severity != c.want {
			t.Errorf("%s while %s is %s, want %s", c.reason, c.phase, a.Severity, c.want)
		}
	}
}
