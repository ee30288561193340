package spec

import (
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/tunnel"
)

var equal = cmp.Options{
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
}

// TestParseWhole compares a whole topology: an example that leaves much out
// and uses what the others do not.
func TestParseWhole(t *testing.T) {
	src, err := os.ReadFile("../../examples/three-site-mesh.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got, problems := Parse("/etc/jembatan/site.yaml", src)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	login := tunnel.Credentials{
		User: "jembatan", Password: tunnel.SecretRef{File: "/etc/jembatan/secrets/routers"},
		TLS: tunnel.TLS{CAFile: "/etc/jembatan/ca.pem"},
	}
	a := netip.MustParseAddr
	want := &tunnel.Topology{
		Routers: []tunnel.Router{
			{
				Name: "ams", Site: "Amsterdam", Address: "ams.example.net:8729", Credentials: login,
				Uplinks: []tunnel.Uplink{{Name: "fibre", Address: a("192.0.2.1"), MTU: 1500, Gateway: a("192.0.2.254")}},
			}, {
				Name: "fra", Site: "Frankfurt", Address: "fra.example.net:8729", Credentials: login,
				Uplinks: []tunnel.Uplink{{Name: "fibre", Address: a("198.51.100.65"), MTU: 1492}},
			}, {
				Name: "lon", Site: "London", Address: "lon.example.net:8729",
				Credentials: tunnel.Credentials{User: "admin", Password: tunnel.SecretRef{Env: "LON_PASSWORD"}},
				Uplinks:     []tunnel.Uplink{{Name: "fibre", Address: a("203.0.113.129"), MTU: 1500, NAT: true}},
			},
		},
		Segments: []tunnel.Segment{{
			Name: "app", Subnet: netip.MustParsePrefix("10.20.0.0/22"), Bridge: "br-app", Shape: tunnel.Mesh,
			Members: []tunnel.Member{
				{Router: "ams", Ports: []string{"ether2", "ether3"}},
				{Router: "fra", Ports: []string{"ether2"}},
				{Router: "lon"},
			},
			Tunnels: tunnel.TunnelSettings{
				Keepalive: tunnel.Keepalive{Interval: 2 * time.Second, Retries: 5},
				IPsec:     tunnel.SecretRef{Env: "JEMBATAN_IPSEC"}, Redundancy: tunnel.Bond,
				IDs: []tunnel.PinnedID{{
					Pair: tunnel.UplinkPair{{Router: "ams", Uplink: "fibre"}, {Router: "fra", Uplink: "fibre"}}, ID: 1201,
				}},
			},
		}},
		Services: []tunnel.Service{{
			Name: "shop", Segment: "app",
			Servers: []tunnel.Server{
				{Name: "ams-1", Address: a("10.20.0.11"), Router: "ams"},
				{Name: "fra-1", Address: a("10.20.1.11"), Router: "fra"},
			},
			Ports: []uint16{443},
			Probes: []tunnel.Probe{
				{Type: tunnel.ProbeHTTPS, Port: 443, Path: "/ready"},
				{Type: tunnel.ProbeICMP},
			},
			Switch: tunnel.Switch{VRRP: &tunnel.VRRPSwitch{
				Address: a("10.20.0.1"), VRID: 20, On: []string{"ams", "fra"}, Interval: time.Second,
			}},
			Vantages: []string{"ams", "fra", "lon"},
			Policy: tunnel.Policy{
				Profile: "wan", Interval: time.Second, Misses: 8, Rises: 10, Quorum: 3, Timeout: time.Second,
				PerHour: 1, PerDay: 3, SiteLoss: tunnel.SiteLossHold,
				Failback: tunnel.FailbackWindow, Window: "* 2-3 * * 1-5", Hold: 30 * time.Minute,
			},
		}},
	}
	if diff := cmp.Diff(want, got, equal); diff != "" {
		t.Error(diff)
	}
}

// TestParents holds who hangs below whom when the file says it only in part.
func TestParents(t *testing.T) {
	src, err := os.ReadFile("../../examples/hub-tree.yaml")
	if err != nil {
		t.Fatal(err)
	}
	topology, problems := Parse("site.yaml", src)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	got := make(map[string]string)
	for _, m := range topology.Segments[0].Members {
		got[m.Router] = m.Parent
	}
	want := map[string]string{
		"jkt": "", "sby": "jkt", "mdn": "jkt", "bdg": "jkt",
		"mks": "sby", "smg": "sby", "dps": "smg", "plg": "mdn",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, r := range topology.Routers {
		if !strings.HasSuffix(r.Address, ":8728") || !r.Credentials.TLS.Off {
			t.Errorf("%s answers at %s, TLS %+v", r.Name, r.Address, r.Credentials.TLS)
		}
	}
}

func TestUplinkMTU(t *testing.T) {
	for _, tt := range []struct {
		uplink string
		want   int
	}{
		{"", 1500},
		{", pppoe: true", 1492},
		{", mtu: 1492, pppoe: true", 1492},
		{", mtu: 1480, pppoe: true", 1480},
		{", mtu: 1508, pppoe: true", 1500},
		{", mtu: 9000, pppoe: false", 9000},
	} {
		src := "version: 1\ncredentials: {user: a}\nrouters: {r: {address: 192.0.2.1, uplinks: {u: {address: 192.0.2.1" + tt.uplink + "}}}}\n"
		topology, problems := Parse("site.yaml", []byte(src))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if got := topology.Routers[0].Uplinks[0].MTU; got != tt.want {
			t.Errorf("%q: %d, want %d", tt.uplink, got, tt.want)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	names := []string{"address", "uplinks", "site", "jkt", "sby"}
	for word, want := range map[string]string{
		"adress": "address", "Address": "address", "addrss": "address", "adderss": "address",
		"uplink": "uplinks", "sby1": "sby", "jtk": "jkt", "colour": "", "": "", "x": "",
	} {
		got := didYouMean(word, names)
		if want != "" {
			want = ` (did you mean "` + want + `"?)`
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}
