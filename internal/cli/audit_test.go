package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jembatan/tunnel/audit"
)

// command runs a command line without a terminal.
func command(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	env := Env{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Lookup: func(string) (string, bool) { return "", false }}
	code = Run(t.Context(), env, args)
	return code, stdout.String(), stderr.String()
}

// twoEnds writes the exports of two ends whose ids differ.
func twoEnds(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.rsc": "/interface eoip\nadd local-address=198.51.100.1 name=eoip-b remote-address=198.51.100.2 tunnel-id=1\n/system identity\nset name=a\n",
		"b.rsc": "/interface eoip\nadd local-address=198.51.100.2 name=eoip-a remote-address=198.51.100.1 tunnel-id=2\n/system identity\nset name=b\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestAuditForms(t *testing.T) {
	dir := twoEnds(t)
	for form, want := range map[string]string{
		"text": "CRITICAL  PAIR-03", "json": `"rule": "PAIR-03"`, "csv": "\nPAIR-03,critical,open,", "markdown": "### CRITICAL · PAIR-03", "html": "<code>PAIR-03</code>",
	} {
		code, out, errs := command(t, "audit", "--export", dir, "-o", form)
		if code != ExitOK || !strings.Contains(out, want) || errs != "" {
			t.Errorf("-o %s: code %d, no %q in %.300s, stderr %q", form, code, want, out, errs)
		}
	}
	_, out, _ := command(t, "audit", "--export", filepath.Join(dir, "a.rsc"), filepath.Join(dir, "b.rsc"), "--lang", "id")
	if !strings.Contains(out, "Id kedua ujung berbeda") {
		t.Errorf("--lang id with two files:\n%.500s", out)
	}
}

// TestAuditExitCodes holds the codes that cron and CI look at.
func TestAuditExitCodes(t *testing.T) {
	dir := twoEnds(t)
	waivers := filepath.Join(t.TempDir(), "w.yaml")
	write := func(text string) {
		if err := os.WriteFile(waivers, []byte("version: 1\nwaivers:\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("  - {rule: PAIR-03, scope: a, reason: moving, who: net team, until: 9999-01-01}\n")
	for _, c := range []struct {
		want int
		args []string
	}{
		{ExitOK, []string{"--export", dir}},
		{ExitPending, []string{"--export", dir, "--fail-on", "critical"}},
		{ExitPending, []string{"--export", dir, "--fail-on", "low"}},
		{ExitOK, []string{"--export", dir, "--fail-on", "critical", "--waivers", waivers}},
		{ExitError, nil},
		{ExitError, []string{"--export", dir, "--fail-on", "bad"}},
		{ExitError, []string{"--export", dir, "-o", "pdf"}},
		{ExitError, []string{"--export", dir, "--lang", "fr"}},
		{ExitError, []string{"--export", dir, "--waivers", filepath.Join(dir, "none")}},
		{ExitError, []string{"--export", dir, "--baseline", filepath.Join(dir, "a.rsc")}},
		{ExitError, []string{"--router", "198.51.100.1"}},
		{ExitError, []string{"--router", "198.51.100.1", "--user", "x", "--password-env", "NOT_SET"}},
		{ExitError, []string{"-f", filepath.Join(dir, "none.yaml")}},
		{ExitError, []string{"--offline", "-f", filepath.Join(dir, "none.yaml")}},
	} {
		code, out, errs := command(t, append([]string{"audit"}, c.args...)...)
		if code != c.want {
			t.Errorf("audit %v: code %d, want %d; %.200s %s", c.args, code, c.want, out, errs)
		}
		if (code == ExitError) != (errs != "") {
			t.Errorf("audit %v: stderr %q", c.args, errs)
		}
	}
	write("  - {rule: NO-1, scope: a}\n")
	if _, _, errs := command(t, "audit", "--export", dir, "--waivers", waivers); !strings.Contains(errs, "w.yaml:3: waiver: no rule") {
		t.Errorf("mistakes in a waiver file: %s", errs)
	}
}

// TestAuditBaseline audits, repairs, and audits against the first report.
func TestAuditBaseline(t *testing.T) {
	dir := twoEnds(t)
	base := filepath.Join(t.TempDir(), "base.json")
	if code, out, errs := command(t, "audit", "--export", dir, "-o", "json", "--out", base); code != ExitOK || !strings.Contains(out, "1 critical") {
		t.Fatalf("code %d: %s %s", code, out, errs)
	}
	file := filepath.Join(dir, "b.rsc")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, bytes.Replace(text, []byte("tunnel-id=2"), []byte("tunnel-id=1 keepalive=1s,3"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	_, out, errs := command(t, "audit", "--export", dir, "-o", "json", "--baseline", base)
	var r audit.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v: %s", err, errs)
	}
	if r.Trend == nil || len(r.Trend.Gone) != 1 || r.Trend.Gone[0].Rule != "PAIR-03" || len(r.Trend.New) != 1 || r.Trend.New[0].Rule != "LIVE-03" {
		t.Errorf("trend %+v", r.Trend)
	}
}
