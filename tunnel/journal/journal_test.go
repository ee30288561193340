package journal_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"jembatan/tunnel/journal"
	"jembatan/tunnel/plan"
)

func begin(id string, at time.Time) journal.Record {
	return journal.Record{
		At: at, ID: id, Holder: "anna@mgmt[7]", File: "/etc/site.yaml",
		Addresses: map[string]string{"jkt": "192.0.2.1:8729"}, Plan: &plan.Plan{Format: plan.FormatVersion},
	}
}

func create(t *testing.T, dir, id string, at time.Time) *journal.Writer {
	t.Helper()
	w, err := journal.Create(dir, begin(id, at))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func add(t *testing.T, w *journal.Writer, what journal.What) {
	t.Helper()
	if err := w.Append(journal.Record{At: time.Unix(1, 0).UTC(), What: what, Why: "because"}); err != nil {
		t.Fatal(err)
	}
}

func pending(t *testing.T, dir string) []*journal.Story {
	t.Helper()
	all, err := journal.Pending(dir)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestCutAnywhere cuts a journal at every byte: what was whole is read, and
// what was not is never taken for something else.
func TestCutAnywhere(t *testing.T) {
	dir := t.TempDir()
	w := create(t, dir, "a1", time.Unix(1, 0))
	for _, what := range []journal.What{journal.Armed, journal.Verified, journal.End} {
		add(t, w, what)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	data, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	whole := journal.Parse(data)
	for n := range data {
		s := journal.Parse(data[:n])
		if len(s.Records) > len(whole.Records) || s.Damaged > 1 {
			t.Fatalf("cut at %d: %d records, %d damaged", n, len(s.Records), s.Damaged)
		}
		if d := cmp.Diff(whole.Records[:len(s.Records)], s.Records, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("cut at %d (-want +got):\n%s", n, d)
		}
		// Whoever goes on writes behind the cut, and is read.
		more := append([]byte{}, data[:n]...)
		more = append(more, data[strings.LastIndex(strings.TrimRight(string(data), "\n"), "\n"):]...)
		if again := journal.Parse(more); !again.Ended() {
			t.Fatalf("cut at %d: what was appended is not read", n)
		}
	}
	for n := range data {
		changed := append([]byte{}, data...)
		changed[n] ^= 0x20
		if s := journal.Parse(changed); len(s.Records) > len(whole.Records) {
			t.Fatalf("a changed byte at %d makes records", n)
		}
	}
}

// TestPending lists what has not ended, knows who is at work, and keeps old
// journals for a while.
func TestPending(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	if got := pending(t, dir); len(got) != 0 {
		t.Fatalf("a directory that is not there has %d", len(got))
	}
	w := create(t, dir, "live", time.Unix(9, 0))
	all := pending(t, dir)
	if len(all) != 1 || !all[0].Live || !all[0].Touches(map[string]string{"jkt": "192.0.2.1:8729"}) || all[0].Touches(map[string]string{"jkt": "192.0.2.2:8729"}) {
		t.Fatalf("%+v", all)
	}
	if _, err := journal.Open(all[0].Path); !errors.Is(err, journal.ErrLive) {
		t.Errorf("opened under its writer: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if all = pending(t, dir); len(all) != 1 || all[0].Live {
		t.Fatalf("its writer is gone: %+v", all)
	}
	w, err := journal.Open(all[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	add(t, w, journal.End)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		w := create(t, dir, "old", time.Unix(int64(100+i), 0))
		add(t, w, journal.End)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if all = pending(t, dir); len(all) != 0 {
		t.Errorf("%d have not ended", len(all))
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) != 50 {
		t.Errorf("%d journals are kept: %v", len(names), err)
	}
}
