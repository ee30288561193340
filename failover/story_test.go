package failover_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"jembatan/failover"
	"jembatan/health"
)

// TestStories plays the stories in testdata/stories. Rewrite them with -rewrite and read
// the difference: it is the change of behaviour that you ask for.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		var s *story
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "machine":
				s = newStory(t, d)
				return "ok\n"
			case "play":
				return s.play(t, d.Input)
			case "state":
				return s.state(t)
			}
			d.Fatalf(t, "unknown command")
			return ""
		})
	})
}

type story struct {
	m   *failover.Machine
	c   failover.Config
	now time.Time
}

var dawn = time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)

func newStory(t *testing.T, d *datadriven.TestData) *story {
	s := &story{now: dawn, c: failover.Config{
		Service: "erp", Servers: []string{"main", "backup", "standby"}, Database: true,
		Policy: failover.Policy{Automatic: true, Window: func(t time.Time) bool { return t.Hour() == 4 }},
	}}
	for _, a := range d.CmdArgs {
		val := strings.Join(a.Vals, "")
		switch a.Key {
		case "servers":
			s.c.Servers = a.Vals
		case "manual":
			s.c.Automatic = false
		case "stateless":
			s.c.Database = false
		case "sites":
			s.c.Sites = map[string]string{"main": "jkt", "backup": "sby", "standby": "bdg"}
		case "loss":
			s.c.AllowedLoss = duration(t, val)
		case "semi-sync":
			s.c.SemiSync, s.c.AckPatience = true, 5*time.Second
		case "lease":
			s.c.SiteLoss, s.c.LeaseTTL = failover.SiteLossLease, duration(t, val)
		case "load-fails":
			s.c.LoadFails = true
		case "block-is-no-fence":
			s.c.BlockIsNoFence = true
		case "per-hour":
			s.c.PerHour, _ = strconv.Atoi(val)
		case "failback":
			s.c.Failback = map[string]failover.FailbackMode{"auto": failover.FailbackAuto, "window": failover.FailbackWindow}[val]
		default:
			d.Fatalf(t, "unknown argument %s", a.Key)
		}
	}
	s.restart(t, failover.State{})
	return s
}

func (s *story) restart(t *testing.T, st failover.State) {
	m, err := failover.New(s.c, st)
	if err != nil {
		t.Fatal(err)
	}
	s.m = m
}

func duration(t *testing.T, v string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(v)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// play takes one event a line: "+5s" in front lets that much time go by.
func (s *story) play(t *testing.T, input string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(strings.TrimSpace(input), "\n") {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if v, ok := strings.CutPrefix(words[0], "+"); ok {
			s.now = s.now.Add(duration(t, v))
			if words = words[1:]; len(words) == 0 {
				words = []string{"tick"}
			}
		}
		fmt.Fprintf(&b, "> %s\n", line)
		s.event(t, words, &b)
	}
	return b.String()
}

func (s *story) event(t *testing.T, w []string, b *strings.Builder) {
	switch w[0] {
	case "up":
		s.step(b, failover.LeaseChanged{Time: s.now, Epoch: max(1, s.m.State().Epoch), Held: true})
		for _, srv := range s.c.Servers {
			s.step(b, failover.VerdictChanged{Time: s.now, Server: srv, Verdict: health.Healthy})
			s.step(b, s.replication(t, srv, nil))
		}
	case "tick":
		s.step(b, failover.Tick{Time: s.now})
	case "lease":
		epoch, _ := strconv.ParseUint(w[1], 10, 64)
		s.step(b, failover.LeaseChanged{Time: s.now, Epoch: epoch, Held: !slices.Contains(w, "lost")})
	case "seen":
		epoch, _ := strconv.ParseUint(w[1], 10, 64)
		s.step(b, failover.EpochSeen{Time: s.now, Epoch: epoch})
	case "partition":
		s.step(b, failover.PartitionSuspected{Time: s.now, On: w[1] == "on"})
	case "routers":
		n, _ := strconv.Atoi(w[1])
		of, _ := strconv.Atoi(w[3])
		e := failover.RoutersChanged{Time: s.now, Reachable: n, Total: of}
		if len(w) > 4 { // "without jkt"
			e.Silent = w[5:]
		}
		s.step(b, e)
	case "masters":
		s.step(b, failover.MastersSeen{Time: s.now, Routers: w[1:]})
	case "astray":
		s.step(b, failover.RoutersAstray{Time: s.now, Routers: w[1:]})
	case "verdict":
		var v health.Verdict
		if err := v.UnmarshalText([]byte(w[2])); err != nil {
			t.Fatal(err)
		}
		e := failover.VerdictChanged{
			Time: s.now, Server: w[1], Verdict: v, Suspect: slices.Contains(w, "suspect"),
			Split: slices.Contains(w, "split"), Load: slices.Contains(w, "load"),
		}
		if v == health.Failed {
			e.Since = s.now
		}
		s.step(b, e)
	case "sync":
		s.step(b, s.replication(t, w[1], w[2:]))
	case "done", "fail":
		s.done(t, w, b)
	case "run":
		s.run(b)
	case "restart":
		s.restart(t, roundTrip(t, s.m.State()))
	default:
		s.operator(t, w, b)
	}
}

func (s *story) operator(t *testing.T, w []string, b *strings.Builder) {
	v, err := failover.ParseVerb(w[0])
	if err != nil {
		t.Fatalf("%q is no event", w)
	}
	c := failover.Command{Time: s.now, ID: "c1", Verb: v, By: "operator"}
	for _, a := range w[1:] {
		if d, ok := strings.CutPrefix(a, "loss="); ok {
			c.AcceptLoss = duration(t, d)
			continue
		}
		c.Server = a
	}
	s.step(b, c)
}

// replication makes a sample: in sync, fresh, drained and tested unless words
// say otherwise.
func (s *story) replication(t *testing.T, server string, w []string) failover.ReplicationChanged {
	e := failover.ReplicationChanged{
		Time: s.now, Server: server, Sync: failover.InSync, Drained: true, Fresh: true, WriteTested: true,
		SyncedAt: s.now, LosslessAt: s.now, Silent: !slices.Contains(w, "acking") && !slices.Contains(w, "loud"),
	}
	for _, word := range w {
		key, val, _ := strings.Cut(word, "=")
		n, _ := strconv.Atoi(val)
		switch key {
		case "in-sync", "lagging", "broken", "forked", "unknown":
			if err := e.Sync.UnmarshalText([]byte(key)); err != nil {
				t.Fatal(err)
			}
			e.Behind, e.Code = uint64(n), n
			if key == "broken" {
				e.Behind = 0
			}
		case "source-lost":
			e.SourceLost = true
		case "undrained":
			e.Drained = false
		case "errant":
			e.Errant = true
		case "up":
			e.Up = duration(t, val)
		case "stale":
			e.Fresh = false
		case "untested":
			e.WriteTested = false
		case "open":
			e.Open = true
		case "closed":
			e.Closed = true
		case "acking":
			e.Acking, e.Loud = true, true
		case "loud": // It would acknowledge if it were connected.
			e.Loud = true
		case "mute": // Asked, and without an answer.
			e = failover.ReplicationChanged{Time: s.now, Server: server}
		case "stuck":
			e.Stuck = true
		case "acks-on":
			e.AcksOn = true
		case "acks-off":
			e.AcksOff = true
		case "async":
			e.LosslessAt = time.Time{}
		case "synced":
			e.SyncedAt = s.now.Add(-duration(t, val))
		case "never":
			e.SyncedAt, e.LosslessAt = time.Time{}, time.Time{}
		default:
			t.Fatalf("%q is no word of a sample", word)
		}
	}
	return e
}

// done answers the pending effect of a kind, for a server if there are several.
func (s *story) done(t *testing.T, w []string, b *strings.Builder) {
	e := failover.ActionDone{Time: s.now}
	for _, word := range w[2:] {
		key, val, _ := strings.Cut(word, "=")
		switch key {
		case "routers":
			e.Routers = strings.Split(val, ",")
		case "behind":
			e.Behind, _ = strconv.ParseUint(val, 10, 64)
		case "renewed":
			e.LastRenewal = s.now.Add(-duration(t, val))
		case "unreachable", "timed-out", "refused", "partly", "stale-epoch", "not-leading":
			e.Err = failover.Failure(key)
		}
	}
	for id, a := range s.m.State().Pending {
		if a.Kind.String() == w[1] && (!slices.Contains(s.c.Servers, w[len(w)-1]) || a.Server == w[len(w)-1]) {
			e.ID = id
		}
	}
	if e.ID == 0 {
		t.Fatalf("no %s is pending", w[1])
	}
	s.step(b, e)
}

// run answers every effect with done until none is pending.
func (s *story) run(b *strings.Builder) {
	for range 100 {
		ids := slices.Sorted(maps.Keys(s.m.State().Pending))
		if len(ids) == 0 {
			return
		}
		s.step(b, failover.ActionDone{Time: s.now, ID: ids[0]})
	}
	b.WriteString("still running\n")
}

func (s *story) step(b *strings.Builder, e failover.Event) {
	for _, a := range s.m.Step(e) {
		b.WriteString("  " + show(a) + "\n")
	}
}

func show(a failover.Action) string {
	var b strings.Builder
	b.WriteString(a.Kind.String())
	if a.Kind.Effect() {
		fmt.Fprintf(&b, " %s (#%d epoch %d)", a.Server, a.ID, a.Epoch)
		if a.Planned {
			b.WriteString(" planned")
		}
		return b.String()
	}
	if a.Kind == failover.Record || a.Kind == failover.Hold {
		b.WriteString(" " + a.Phase.String())
	} else if a.Server != "" {
		b.WriteString(" " + a.Server)
	}
	if a.Reason != "" {
		b.WriteString(": " + string(a.Reason))
	}
	if a.Detail != "" {
		b.WriteString(" (" + a.Detail + ")")
	}
	return b.String()
}

func (s *story) state(t *testing.T) string {
	st := roundTrip(t, s.m.State())
	return fmt.Sprintf("%v %v active=%s writable=%s blocked=%v debts=%v degraded=%v rejoin=%v\n",
		st.Phase, st.Reason, st.Active, st.Writable, st.Blocked, st.Debts, st.Degraded, st.Rejoin)
}

// roundTrip writes a state as the journal does and reads it back.
func roundTrip(t testing.TB, s failover.State) failover.State {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var out failover.State
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
