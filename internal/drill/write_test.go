package drill_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"jembatan/internal/drill"
	"jembatan/tunnel/audit"
)

// held returns the report of a drill that went well.
func held(t *testing.T) drill.Report {
	t.Helper()
	var r drill.Report
	synctest.Test(t, func(t *testing.T) {
		w := start(t)
		o := options(w)
		rto := 900 * time.Millisecond
		o.Past = []drill.Past{{ID: "d0", At: time.Now().Add(-90 * 24 * time.Hour), Verdict: drill.Conditions, RTO: &rto}}
		o.Versions = drill.Versions{Controller: "test", Engine: "mariadb", Databases: map[string]string{"main": "11.8.3", "backup": "11.8.3"}, Routers: map[string]string{"jkt": "7.20.1"}}
		var err error
		if r, err = drill.Run(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	})
	return r
}

// kept returns the report in testdata, which held made once: what happens at the
// same time comes in any order.
func kept(t *testing.T) drill.Report {
	t.Helper()
	const file = "testdata/report.json"
	b, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) && *update {
		r := held(t)
		if b, err = json.MarshalIndent(r, "", " "); err == nil {
			err = os.WriteFile(file, append(b, '\n'), 0o644)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := drill.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Every form of a report is as it was read by people. -update writes what came out.
func TestWrite(t *testing.T) {
	r := kept(t)
	for name, c := range map[string]struct {
		form drill.Form
		lang audit.Lang
	}{"report.txt": {drill.Text, audit.English}, "report.html": {drill.HTML, audit.English}, "report.id.html": {drill.HTML, audit.Indonesian}} {
		var b bytes.Buffer
		if err := drill.Write(&b, &r, c.form, c.lang); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(want, b.Bytes()) {
			t.Errorf("%s is not what is written now (go test -update, and read the difference)", file)
		}
	}
}

// What others wrote is text in the page, never a part of it.
func TestEscaped(t *testing.T) {
	r := held(t)
	evil := `<script>alert("x")</script>`
	r.By, r.From, r.Left, r.Versions.Routers["jkt"] = evil, evil, evil, evil
	r.Journal.Entries[0].Detail, r.Legs[0].Move.Effects[0].Server, r.Legs[0].Paths[0].Router = evil, evil, evil
	r.Findings = append(r.Findings, drill.Finding{Code: "x", About: evil, Advice: evil})
	var b bytes.Buffer
	if err := drill.Write(&b, &r, drill.HTML, audit.English); err != nil {
		t.Fatal(err)
	}
	if page := b.String(); strings.Contains(page, "<script") || strings.Contains(page, "ZgotmplZ") || !strings.Contains(page, "&lt;script&gt;") {
		t.Error("not escaped")
	}
}

// Each form is written for reports that hold nothing, too.
func TestWriteEmpty(t *testing.T) {
	for _, form := range drill.Forms() {
		if err := drill.Write(&bytes.Buffer{}, &drill.Report{}, form, audit.English); err != nil {
			t.Errorf("%s: %v", form, err)
		}
	}
	if err := drill.Write(&bytes.Buffer{}, &drill.Report{}, "pdf", audit.English); err == nil {
		t.Error("an unknown form")
	}
}
