package spec

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/tunnel"
)

// reference is the two-site example as people write it: nothing of what a
// controller that serves could be told beside.
func reference(t *testing.T, edits ...string) *tunnel.Topology {
	t.Helper()
	src, err := os.ReadFile("../../examples/two-sites.yaml")
	if err != nil {
		t.Fatal(err)
	}
	top, problems := Parse("site.yaml", []byte(strings.NewReplacer(edits...).Replace(string(src))))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return top
}

// TestServeDefaults holds what a service gets that leaves all of it out.
func TestServeDefaults(t *testing.T) {
	top := reference(t, "      automatic: true ", "      # ")
	got := top.Services[0]
	password := tunnel.SecretRef{Env: "JEMBATAN_DB_PASSWORD"}
	want := tunnel.Service{
		Vantages: []string{"jkt", "sby", "bdg", "mlg"},
		Replication: tunnel.Replication{
			Engine: tunnel.MariaDB, Port: 3306, TLS: tunnel.TLS{Off: true},
			User: "jembatan", Password: password,
			Writer:   tunnel.Account{User: "jembatan_writer", Password: password},
			Fence:    tunnel.Account{User: "jembatan_fence", Password: password},
			SemiSync: true,
		},
		Policy: tunnel.Policy{
			Profile: "metro", Interval: time.Second, Timeout: time.Second, Misses: 5, Rises: 10, Quorum: 2,
			PerHour: 1, PerDay: 3, SiteLoss: tunnel.SiteLossHold, Failback: tunnel.FailbackManual, Hold: 10 * time.Minute,
		},
	}
	if d := cmp.Diff(want, tunnel.Service{Vantages: got.Vantages, Replication: got.Replication, Policy: got.Policy}, equal); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if got.Switch.NAT.Source != tunnel.SourceRouter || top.Controller != (tunnel.Controller{}) {
		t.Errorf("source %v, controller %+v", got.Switch.NAT.Source, top.Controller)
	}
}

// TestServeGiven holds each of it when it is given, and that it is written
// again.
func TestServeGiven(t *testing.T) {
	top := reference(t,
		"version: 1", "version: 1\ncontroller: {beside: jkt}",
		"nat: {on:", "nat: {source: client, on:",
		"      user: jembatan\n", "      user: look\n      port: 3307\n      tls: system\n      writer: {user: app}\n      fence: {password: {file: f.secret}}\n      semi_sync: true\n",
		"allowed_loss: none ", "allowed_loss: 30s ",
		"    policy:\n", "    vantages: [mlg, jkt]\n    policy:\n      timeout: 800ms\n      load_fails: true\n      per_hour: 2\n      per_day: 5\n"+
			"      site_loss: lease\n      lease: {ttl: 30s}\n",
	)
	roundTrip(t, top, nil)
	got := top.Services[0]
	password := tunnel.SecretRef{Env: "JEMBATAN_DB_PASSWORD"}
	want := tunnel.Service{
		Vantages: []string{"mlg", "jkt"},
		Replication: tunnel.Replication{
			Engine: tunnel.MariaDB, Port: 3307, User: "look", Password: password,
			Writer:      tunnel.Account{User: "app", Password: password},
			Fence:       tunnel.Account{User: "look_fence", Password: tunnel.SecretRef{File: "f.secret"}},
			AllowedLoss: 30 * time.Second, SemiSync: true,
		},
		Policy: tunnel.Policy{
			Profile: "metro", Interval: time.Second, Timeout: 800 * time.Millisecond, Misses: 5, Rises: 10, Quorum: 2,
			Automatic: true, LoadFails: true, PerHour: 2, PerDay: 5, SiteLoss: tunnel.SiteLossLease,
			Lease:    tunnel.Lease{TTL: 30 * time.Second, Margin: 5 * time.Second},
			Failback: tunnel.FailbackManual, Hold: 10 * time.Minute,
		},
	}
	if d := cmp.Diff(want, tunnel.Service{Vantages: got.Vantages, Replication: got.Replication, Policy: got.Policy}, equal); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if got.Switch.NAT.Source != tunnel.SourceClient || top.Controller.Beside != "jkt" {
		t.Errorf("source %v, controller %+v", got.Switch.NAT.Source, top.Controller)
	}
}
