package drill_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jembatan/failover"
	"jembatan/failover/journal"
	"jembatan/internal/drill"
)

var update = flag.Bool("update", false, "write what came out as what is expected")

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// TestTell reads moves from stories: entries of a history, and below the line what
// they say of the move. A line is seconds, kind, and then
//
//	command  VERB SERVER
//	event    SERVER verdict: since SECONDS
//	alert    REASON SERVER DETAIL
//	phase    PHASE [REASON]
//	outcome  KIND SERVER SECONDS-TAKEN [FAILURE]
func TestTell(t *testing.T) {
	files, err := filepath.Glob("testdata/moves/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no stories", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			story, want, _ := strings.Cut(string(b), "----\n")
			var entries []journal.Entry
			for line := range strings.SplitSeq(story, "\n") {
				if f := strings.Fields(line); len(f) > 1 && f[0] != "#" {
					entries = append(entries, entryOf(t, f))
				}
			}
			got := words(drill.Tell(entries))
			if *update {
				if err := os.WriteFile(file, []byte(story+"----\n"+got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func seconds(t *testing.T, s string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(s + "s")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func entryOf(t *testing.T, f []string) journal.Entry {
	t.Helper()
	e := journal.Entry{At: noon.Add(seconds(t, f[0]))}
	at := func(i int) string {
		if i < len(f) {
			return f[i]
		}
		return ""
	}
	switch f[1] {
	case "command":
		e.Kind, e.Detail, e.Server = journal.KindCommand, f[2]+" c1", at(3)
	case "event":
		e.Kind, e.Server, e.Detail = journal.KindEvent, f[2], f[3]
		if len(f) > 5 {
			e.Detail += " since " + noon.Add(seconds(t, f[5])).Format(time.RFC3339Nano)
		}
	case "alert":
		e.Kind, e.Reason, e.Server, e.Detail = journal.KindAlert, failover.Reason(f[2]), at(3), at(4)
	case "phase":
		e.Kind, e.Reason = journal.KindPhase, failover.Reason(at(3))
		if err := e.Phase.UnmarshalText([]byte(f[2])); err != nil {
			t.Fatal(err)
		}
	case "outcome":
		e.Kind, e.Server = journal.KindOutcome, f[3]
		e.Action = &failover.Action{From: "main"}
		if err := e.Action.Kind.UnmarshalText([]byte(f[2])); err != nil {
			t.Fatal(err)
		}
		e.Outcome = &journal.Outcome{Took: seconds(t, f[4]), Failure: failover.Failure(at(5))}
	default:
		t.Fatalf("no such line: %q", f)
	}
	return e
}

func words(m drill.Move) string {
	var b strings.Builder
	end := m.End
	if end == "" {
		end = "not ended"
	}
	fmt.Fprintf(&b, "from %s to %s: %s %s planned=%v, total %v\n", m.From, m.To, end, m.Why, m.Planned, m.Parts.Total)
	for _, p := range m.Parts.List() {
		text := "-"
		if p.Took != nil {
			text = p.Took.String()
		}
		fmt.Fprintf(&b, "%s %s\n", p.Name, text)
	}
	for _, e := range m.Effects {
		fmt.Fprintf(&b, "%v %s %s %v %s\n", e.Began.Sub(m.Asked), e.Kind, e.Server, e.Took, e.Failure)
	}
	for _, w := range m.Waits {
		fmt.Fprintf(&b, "%v waits: %s\n", w.At.Sub(m.Asked), w.Reason)
	}
	return strings.ReplaceAll(b.String(), " \n", "\n")
}
