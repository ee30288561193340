package replication_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"jembatan/health/replication"
	"jembatan/tunnel"
)

// story is a controller whose servers say what a text file says.
type story struct {
	raw    map[string]replication.Raw
	engine map[string]tunnel.DatabaseEngine
	order  []string
	now    time.Time
	nulls  map[string]replication.Row // where a value was that is NULL now, by server/name
	h      replication.History
	rules  replication.Rules
	tokens replication.TokenLog
}

// TestStories plays the files in testdata: rows as the clients print them with
// \G, then verdicts.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		s := &story{raw: map[string]replication.Raw{}, engine: map[string]tunnel.DatabaseEngine{}, nulls: map[string]replication.Row{}, now: time.Unix(1000, 0)}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "server":
				return s.server(t, d)
			case "change":
				return s.change(t, d)
			case "token":
				var value uint64
				d.ScanArgs(t, "value", &value)
				s.rules.Tokens = true
				s.tokens = s.tokens.Sent(value, s.now)
				return ""
			case "round":
				return s.round(t, d)
			}
			t.Fatalf("unknown command %q", d.Cmd)
			return ""
		})
	})
}

// server reads everything that one server prints; "like" copies another first.
func (s *story) server(t *testing.T, d *datadriven.TestData) string {
	var name, engine string
	d.ScanArgs(t, "name", &name)
	d.ScanArgs(t, "engine", &engine)
	s.engine[name] = map[string]tunnel.DatabaseEngine{"mysql": tunnel.MySQL, "mariadb": tunnel.MariaDB}[engine]
	s.order = append(s.order, name)
	raw := replication.Raw{Variables: replication.Row{}, Status: replication.Row{}, Tokens: []replication.Row{}}
	into := raw.Variables
	for line := range strings.SplitSeq(d.Input, "\n") {
		switch section := strings.Trim(line, "* "); {
		case !strings.HasPrefix(line, "*"):
			set(into, line)
		case section == "variables":
			into = raw.Variables
		case section == "status":
			into = raw.Status
		default:
			into = replication.Row{}
			list := map[string]*[]replication.Row{"link": &raw.Links, "connection": &raw.Connections, "worker": &raw.Workers, "token": &raw.Tokens}[section]
			*list = append(*list, into)
		}
	}
	s.raw[name] = raw
	o := replication.Parse(s.engine[name], raw)
	return fmt.Sprintf("%s, %d links, gaps: %s", o.Version, len(o.Links), strings.Join(o.Gaps, ", "))
}

// change sets values of one server, wherever their names are.
func (s *story) change(t *testing.T, d *datadriven.TestData) string {
	var name string
	d.ScanArgs(t, "name", &name)
	raw, ok := s.raw[name]
	if !ok {
		t.Fatalf("no server %q", name)
	}
	rows := append(append(append([]replication.Row{raw.Variables, raw.Status}, raw.Links...), raw.Connections...), append(raw.Workers, raw.Tokens...)...)
	for line := range strings.SplitSeq(d.Input, "\n") {
		key, _, _ := strings.Cut(strings.TrimSpace(line), ":")
		into := s.nulls[name+"/"+key]
		for _, r := range rows {
			if _, there := r[key]; there {
				into = r
			}
		}
		if into == nil {
			into = raw.Variables
		}
		set(into, line)
		s.nulls[name+"/"+key] = into
	}
	return ""
}

// set stores "name: value"; NULL is absent.
func set(r replication.Row, line string) {
	key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
	if value = strings.TrimSpace(value); value == "NULL" {
		delete(r, key)
	} else if key != "" {
		r[key] = value
	}
}

func (s *story) round(t *testing.T, d *datadriven.TestData) string {
	var active, gone string
	epoch := uint64(1)
	after := "1s"
	d.ScanArgs(t, "active", &active)
	d.MaybeScanArgs(t, "gone", &gone)
	d.MaybeScanArgs(t, "epoch", &epoch)
	d.MaybeScanArgs(t, "after", &after)
	pass, err := time.ParseDuration(after)
	if err != nil {
		t.Fatal(err)
	}
	s.now = s.now.Add(pass)
	var seen []replication.Observation
	for _, name := range s.order {
		o := replication.Parse(s.engine[name], s.raw[name])
		if name == gone {
			o = replication.Observation{Failure: replication.Failure{Reason: replication.NoAnswer, Detail: "i/o timeout"}}
		}
		o.Server, o.At = name, s.now
		seen = append(seen, o)
	}
	rep, h := replication.Judge(s.h, replication.Sample{Now: s.now, Active: active, Epoch: epoch, Servers: seen, Tokens: s.tokens}, s.rules)
	s.h = h
	var b strings.Builder
	for _, sr := range rep.Servers {
		fmt.Fprintf(&b, "%s: %s; behind %d, drained %s, fresh %s, open %s", sr.Server, show(sr), sr.Behind, sr.Drained, sr.Fresh, sr.Open)
		if sr.SourceLost {
			b.WriteString(", source lost")
		}
		if !sr.Errant.Empty() {
			fmt.Fprintf(&b, ", errant %s", sr.Errant)
		}
		b.WriteByte('\n')
	}
	if d.HasArg("warnings") {
		for _, w := range rep.Warnings {
			fmt.Fprintf(&b, "%s: %s is %q, want %s: %s\n", w.Server, w.Setting, w.Have, w.Want, w.Why)
		}
	}
	return b.String()
}
