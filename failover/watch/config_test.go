package watch

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/examples"
	"jembatan/failover/actuator/database"
	"jembatan/health"
	"jembatan/tunnel"
	"jembatan/tunnel/spec"
)

// twoSites is the example, with edits: old and new in turn.
func twoSites(t testing.TB, edits ...string) (*tunnel.Topology, *tunnel.Service) {
	t.Helper()
	top, problems := spec.Parse("site.yaml", []byte(strings.NewReplacer(edits...).Replace(string(examples.TwoSites()))))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return top, &top.Services[0]
}

func TestHealthConfig(t *testing.T) {
	top, svc := twoSites(t, "version: 1", "version: 1\ncontroller: {beside: jkt}")
	got := HealthConfig(top, svc)
	router := func(name string, users bool, refs ...string) health.Vantage {
		return health.Vantage{Name: "router:" + name, Kind: health.Router, Users: users, Beside: name == "jkt", References: refs}
	}
	peer := func(name string) health.Vantage {
		return health.Vantage{Name: "database:" + name, Kind: health.Peer, On: name, Interval: time.Second}
	}
	want := health.Config{
		Servers: []string{"main", "backup", "standby"},
		Vantages: []health.Vantage{
			{Name: "controller", Kind: health.Controller, Beside: true, References: []string{"router:jkt", "router:sby", "router:bdg", "router:mlg"}},
			router("jkt", true, "router:sby", "router:bdg", "router:mlg"),
			router("sby", true, "router:jkt", "router:bdg", "router:mlg"),
			router("bdg", false, "router:jkt", "router:sby", "router:mlg"),
			router("mlg", false, "router:jkt", "router:sby", "router:bdg"),
			peer("main"), peer("backup"), peer("standby"),
		},
		Probes: []health.Probe{
			{Name: "icmp", Layer: health.Host},
			{Name: "tcp:3306", Layer: health.Port, Port: 3306},
			{Name: "http:80/health", Layer: health.App, Port: 80},
			{Name: "mysql:3306", Layer: health.App, Port: 3306},
			{Name: "netwatch:80", Layer: health.Port, Port: 80},
			{Name: "replication", Layer: health.App, Port: 3306},
			{Name: "write", Layer: health.App, Port: 3306},
		},
		Interval: time.Second, Timeout: time.Second, Misses: 5, Rises: 10, Quorum: 2,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if _, err := health.New(got); err != nil {
		t.Error(err)
	}
}

// TestHealthConfigPlain is a service of web servers: nobody replicates, two
// probes differ only in what they expect, and one stands there twice.
func TestHealthConfigPlain(t *testing.T) {
	top, svc := twoSites(t, "profile: metro", "profile: lan\n      load_fails: true")
	svc.Replication = tunnel.Replication{}
	svc.Vantages = []string{"mlg"}
	svc.Probes = []tunnel.Probe{
		{Type: tunnel.ProbeICMP},
		{Type: tunnel.ProbeHTTP, Port: 80, Path: "/"},
		{Type: tunnel.ProbeHTTP, Port: 80, Path: "/", Expect: 204},
		{Type: tunnel.ProbeHTTP, Port: 80, Path: "/"},
	}
	top.Routers[3].Uplinks[0].Gateway = netip.MustParseAddr("198.51.100.254")
	got := HealthConfig(top, svc)
	want := []health.Probe{
		{Name: "icmp", Layer: health.Host},
		{Name: "http:80/", Layer: health.App, Port: 80},
		{Name: "http:80/=204", Layer: health.App, Port: 80},
		{Name: "netwatch:80", Layer: health.Port, Port: 80},
	}
	if d := cmp.Diff(want, got.Probes); d != "" {
		t.Errorf("probes (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]health.Vantage{
		{Name: "controller", Kind: health.Controller, Beside: true, References: []string{"router:mlg"}},
		{Name: "router:mlg", Kind: health.Router, References: []string{"gateway:fixed"}},
	}, got.Vantages); d != "" {
		t.Errorf("vantages (-want +got):\n%s", d)
	}
	if !got.LoadFails || got.Interval != 100*time.Millisecond || got.Misses != 3 {
		t.Errorf("%+v", got)
	}
}

// TestExamplesAreWatched holds that every example can be watched.
func TestExamplesAreWatched(t *testing.T) {
	top, svc := twoSites(t)
	connect := refusing
	for name, change := range map[string]func(*Options){
		"nothing is missing": func(*Options) {},
		"routers":            func(o *Options) { o.Connect = nil },
		"who is active":      func(o *Options) { o.Active = nil },
		"tokens":             func(o *Options) { o.Token = nil },
	} {
		o := Options{Connect: connect, Active: func() Active { return Active{} }, Token: func() uint64 { return 1 }, Accounts: database.Accounts{}}
		change(&o)
		_, err := New(top, svc, o)
		if (err == nil) != (name == "nothing is missing") {
			t.Errorf("%s: %v", name, err)
		}
	}
	svc.Replication.TLS = tunnel.TLS{CAFile: "db.pem"}
	if _, err := New(top, svc, Options{Connect: connect, Active: func() Active { return Active{} }, Token: func() uint64 { return 1 }}); err == nil {
		t.Error("TLS without a certificate to check it by")
	}
}

// TestProbers holds who looks at what: nothing is looked at that the Detector
// does not know, and the other way round nothing waits for what nobody looks at.
func TestProbers(t *testing.T) {
	top, svc := twoSites(t)
	w, err := New(top, svc, Options{Connect: refusing, Active: func() Active { return Active{} }, Token: func() uint64 { return 1 }})
	if err != nil {
		t.Fatal(err)
	}
	c := HealthConfig(top, svc)
	ctx := stopped(t)
	for _, p := range w.probers() {
		s := p.Probe(ctx)
		i := slices.IndexFunc(c.Vantages, func(v health.Vantage) bool { return v.Name == s.Vantage })
		if i < 0 {
			t.Errorf("nobody is called %q", s.Vantage)
			continue
		}
		if s.Server == "" && !slices.Contains(c.Vantages[i].References, s.Probe) {
			t.Errorf("%s has no reference %q", s.Vantage, s.Probe)
		}
		if s.Server != "" && !slices.ContainsFunc(c.Probes, func(p health.Probe) bool { return p.Name == s.Probe }) {
			t.Errorf("no probe %q", s.Probe)
		}
	}
	if n := len(w.probers()); n != 3*3+4*3+4*3 {
		t.Errorf("%d probers", n)
	}
}

func TestMinLeaseMargin(t *testing.T) {
	if tunnel.MinLeaseMargin != database.Margin {
		t.Errorf("topologies allow %v, databases need %v", tunnel.MinLeaseMargin, database.Margin)
	}
}
