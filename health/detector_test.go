package health_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/health"
)

var dawn = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// config is a service with a port and a database, seen by the controller, a
// router beside it, a router that serves users and the peer database.
func config() health.Config {
	return health.Config{
		Servers: []string{"main", "backup"},
		Probes: []health.Probe{
			{Name: "icmp", Layer: health.Host},
			{Name: "tcp", Layer: health.Port, Port: 3306},
			{Name: "mysql", Layer: health.App, Port: 3306},
			{Name: "replication", Layer: health.App, Port: 3306},
		},
		Vantages: []health.Vantage{
			{Name: "controller", Kind: health.Controller, References: []string{"gateway"}},
			{Name: "jkt", Kind: health.Router, Users: true},
			{Name: "sby", Kind: health.Router},
			{Name: "peer", Kind: health.Peer, On: "backup"},
		},
		Misses: 3, Rises: 2,
	}
}

// A watch drives a Detector one second at a time.
type watch struct {
	t   *testing.T
	d   *health.Detector
	now time.Time
}

func newWatch(t *testing.T, c health.Config) *watch {
	t.Helper()
	d, err := health.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return &watch{t, d, dawn}
}

// A look is one probe of main by one vantage; None is a good one.
type look struct {
	vantage, probe string
	reason         health.Reason
}

// all are what every vantage sees when main is well.
func all() []look {
	return []look{
		{"controller", "icmp", ""}, {"controller", "mysql", ""}, {"jkt", "icmp", ""}, {"sby", "icmp", ""}, {"peer", "replication", ""},
	}
}

// but replaces what one vantage's probe sees.
func but(looks []look, vantage, probe string, r health.Reason) []look {
	out := append([]look(nil), looks...)
	for i := range out {
		if out[i].vantage == vantage && (probe == "" || out[i].probe == probe) {
			out[i].reason = r
		}
	}
	return out
}

// secs lets n seconds go by in which every vantage looks so.
func (w *watch) secs(n int, looks []look) []health.Change {
	var out []health.Change
	for range n {
		w.now = w.now.Add(time.Second)
		out = append(out, w.d.Refer(health.Reference{Vantage: "controller", Target: "gateway", At: w.now, OK: true})...)
		for _, l := range looks {
			out = append(out, w.d.Observe(health.Sample{
				Server: "main", Probe: l.probe, Vantage: l.vantage, At: w.now.Add(time.Millisecond), RTT: time.Millisecond,
				OK: l.reason == health.None, Reason: l.reason,
			})...)
		}
		out = append(out, w.d.Tick(w.now.Add(2*time.Millisecond))...)
	}
	return out
}

func (w *watch) is(what string, v health.Verdict, suspect, split, load bool, why health.Reason) {
	w.t.Helper()
	e := w.d.Explain("main")
	got := []any{e.Verdict, e.Suspect, e.Split, e.Load, e.Reason}
	if diff := cmp.Diff([]any{v, suspect, split, load, why}, got); diff != "" {
		w.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestVerdicts(t *testing.T) {
	dead := all()
	for i := range dead {
		dead[i].reason = health.Timeout
	}
	w := newWatch(t, config())
	w.is("at first", health.Unknown, false, false, false, health.TooFewSamples)
	w.secs(1, all())
	w.is("after one good round", health.Unknown, false, false, false, health.TooFewSamples)
	w.secs(1, all())
	w.is("after two", health.Healthy, false, false, false, health.QuorumHealthy)
	w.secs(2, dead)
	w.is("two misses", health.Healthy, false, false, false, health.QuorumHealthy)
	w.secs(1, dead)
	w.is("three misses", health.Failed, false, false, false, health.QuorumFailed)
	w.secs(1, all())
	w.is("one rise", health.Failed, false, false, false, health.QuorumFailed)
	w.secs(1, all())
	w.is("two rises", health.Healthy, false, false, false, health.QuorumHealthy)
}

func TestOneVantageDecidesNothing(t *testing.T) {
	for _, c := range []struct {
		name  string
		looks []look
		want  health.Verdict
		split bool
		why   health.Reason
	}{
		{"the controller's query hangs and the peer reads on", but(all(), "controller", "mysql", health.Timeout), health.Healthy, false, health.TooFewVotes},
		{"only the user's router misses it", but(all(), "jkt", "", health.Timeout), health.Healthy, false, health.TooFewVotes},
		{"the controller and a router miss it, the users do not", but(but(but(all(), "controller", "", health.Timeout), "sby", "", health.Timeout), "peer", "", health.PeerLost), health.Unknown, true, health.Partition},
	} {
		w := newWatch(t, config())
		w.secs(3, all())
		w.secs(30, c.looks)
		w.is(c.name, c.want, true, c.split, false, c.why)
	}
}

// A hung database: hosts answer ping, so only who asks it can say.
func TestHungDatabaseNeedsOnlyThoseWhoCanSee(t *testing.T) {
	hung := but(but(all(), "controller", "mysql", health.Timeout), "peer", "replication", health.PeerLost)
	w := newWatch(t, config())
	w.secs(3, all())
	w.secs(3, hung)
	w.is("hung", health.Failed, false, false, false, health.QuorumFailed)
	for _, v := range w.d.Explain("main").Vantages {
		if v.Vantage == "jkt" && v.Vote != health.ForHealthy {
			t.Errorf("jkt votes %v", v.Vote)
		}
	}
}

func TestCorroboration(t *testing.T) {
	// No peer: the controller and one of two routers are a quorum, and not enough.
	c := config()
	c.Vantages = c.Vantages[:3]
	c.Vantages[1].Users = false
	c.Probes = c.Probes[:1]
	looks := []look{{"controller", "icmp", health.Timeout}, {"jkt", "icmp", health.Timeout}, {"sby", "icmp", ""}}
	w := newWatch(t, c)
	w.secs(3, looks)
	w.is("one of two routers", health.Unknown, true, false, false, health.Uncorroborated)
	w.secs(3, but(looks, "sby", "", health.Timeout))
	w.is("both", health.Failed, false, false, false, health.QuorumFailed)
}

func TestOnlyBesideTheController(t *testing.T) {
	c := config()
	c.Probes, c.QuorumAlone = c.Probes[:1], true
	c.Vantages[1].Users, c.Vantages[1].Beside = false, true
	looks := []look{{"controller", "icmp", health.Timeout}, {"jkt", "icmp", health.Timeout}, {"sby", "icmp", ""}}
	w := newWatch(t, c)
	w.secs(5, looks)
	w.is("both who stand together", health.Unknown, true, false, false, health.AllBeside)
}

func TestEvidenceShortensTheWaitAndNotTheQuorum(t *testing.T) {
	w := newWatch(t, config())
	w.secs(3, all())
	refused := but(all(), "controller", "mysql", health.Refused)
	w.secs(30, refused)
	w.is("refused to one", health.Healthy, true, false, false, health.TooFewVotes)
	w = newWatch(t, config())
	w.secs(3, all())
	w.secs(2, but(but(refused, "peer", "", health.Refused), "jkt", "icmp", health.None))
	w.is("refused to two, twice", health.Failed, false, false, false, health.QuorumFailed)
}

func TestABlindVantageAbstains(t *testing.T) {
	c := config()
	w := newWatch(t, c)
	w.secs(3, all())
	blind := all()
	for i := range blind {
		if blind[i].vantage == "controller" {
			blind[i].reason = health.Timeout
		}
	}
	for range 20 {
		w.now = w.now.Add(time.Second)
		w.d.Refer(health.Reference{Vantage: "controller", Target: "gateway", At: w.now})
		for _, l := range blind {
			w.d.Observe(health.Sample{Server: "main", Probe: l.probe, Vantage: l.vantage, At: w.now, OK: l.reason == "", Reason: l.reason})
		}
	}
	e := w.d.Explain("main")
	if v := e.Vantages[0]; v.Vote != health.Abstains || v.Reason != health.SickReference || e.Verdict != health.Healthy || e.Suspect {
		t.Errorf("%+v", e)
	}
	// Nobody listens to a controller that was suspended, either: all are late.
	w.d.Tick(w.now.Add(time.Minute))
	w.is("after a minute of silence", health.Unknown, false, false, false, health.TooFewSamples)
	if v := w.d.Explain("main").Vantages[1]; v.Vote != health.Abstains || v.Reason != health.Late {
		t.Errorf("%+v", v)
	}
}

func TestLoadIsNotFailure(t *testing.T) {
	busy := but(all(), "controller", "mysql", health.TooManyConnections)
	w := newWatch(t, config())
	w.secs(3, all())
	w.secs(30, busy)
	w.is("too many connections", health.Healthy, false, false, true, health.QuorumHealthy)
	w.secs(3, all())
	w.is("again well", health.Healthy, false, false, false, health.QuorumHealthy)
}

func TestChangesCarrySince(t *testing.T) {
	dead := all()
	for i := range dead {
		dead[i].reason = health.Timeout
	}
	w := newWatch(t, config())
	w.secs(3, all())
	died := w.now.Add(time.Second)
	changes := w.secs(3, dead)
	last := changes[len(changes)-1]
	if last.To != health.Failed || !last.Since.Equal(died) {
		t.Errorf("%+v, want since %v", last, died)
	}
}

func TestConfigIsChecked(t *testing.T) {
	for name, spoil := range map[string]func(*health.Config){
		"one vantage is enough": func(c *health.Config) { c.Quorum = 1 },
		"no server":             func(c *health.Config) { c.Servers = nil },
		"a probe of no layer":   func(c *health.Config) { c.Probes[0].Layer = health.LayerUnknown },
		"a ping with a port":    func(c *health.Config) { c.Probes[0].Port = 1 },
		"a vantage twice":       func(c *health.Config) { c.Vantages[1].Name = "sby" },
		"a vantage of no kind":  func(c *health.Config) { c.Vantages[1].Kind = health.KindUnknown },
		"negative":              func(c *health.Config) { c.Misses = -1 },
	} {
		c := config()
		spoil(&c)
		if _, err := health.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// A cut has healed: the others reach the host again, but not often enough yet to be
// sure, while the controller misses its database. That is one who misses it.
func TestNoFailureByWhatHasHealed(t *testing.T) {
	c := config()
	c.Rises = 10
	w := newWatch(t, c)
	w.secs(12, all())
	cut := all()
	for i := range cut {
		if cut[i].vantage != "jkt" {
			cut[i].reason = health.Timeout
		}
	}
	w.secs(5, cut)
	w.is("cut off but for the router of the users", health.Unknown, true, true, false, health.Partition)
	healed := but(all(), "controller", "mysql", health.Timeout)
	for i := range 9 {
		w.secs(1, healed)
		if v := w.d.Verdict("main"); v == health.Failed {
			t.Fatalf("failed after %d s, by what had been missed before: %+v", i+1, w.d.Explain("main"))
		}
	}
	w.secs(12, all())
	w.is("well again", health.Healthy, false, false, false, health.QuorumHealthy)
}

// A partition has healed, and the database takes nobody in for a moment while its
// standby comes back.
func TestAPartitionThatHasHealed(t *testing.T) {
	w := newWatch(t, config())
	w.secs(12, all())
	cut := all()
	for i := range cut {
		if cut[i].vantage != "jkt" {
			cut[i].reason = health.Timeout
		}
	}
	w.secs(6, cut)
	w.is("cut off but for the router of the users", health.Unknown, true, true, false, health.Partition)
	hangs := but(but(all(), "controller", "mysql", health.Timeout), "peer", "", health.PeerLost)
	w.secs(5, hangs)
	w.is("its database hangs", health.Unknown, true, false, false, health.Settling)
	w.secs(3, hangs)
	w.is("and goes on hanging", health.Failed, false, false, false, health.QuorumFailed)
}

// A server that dies is missed by some sooner than by others: that is no partition.
func TestABriefSplit(t *testing.T) {
	w := newWatch(t, config())
	w.secs(12, all())
	dead := all()
	for i := range dead {
		dead[i].reason = health.Timeout
	}
	w.secs(3, but(dead, "jkt", "", health.None))
	w.is("one still reaches it", health.Unknown, true, true, false, health.Partition)
	w.secs(4, dead)
	w.is("nobody does", health.Failed, false, false, false, health.QuorumFailed)
}

// Who is answered once upholds a failure that stands: one that comes and goes is
// not told of with every answer.
func TestFailureStands(t *testing.T) {
	w := newWatch(t, config())
	w.secs(12, all())
	dead := all()
	for i := range dead {
		dead[i].reason = health.Timeout
	}
	w.secs(5, dead)
	w.is("dead", health.Failed, false, false, false, health.QuorumFailed)
	w.secs(1, but(dead, "sby", "", health.None))
	w.is("one answer", health.Failed, false, false, false, health.QuorumFailed)
}
