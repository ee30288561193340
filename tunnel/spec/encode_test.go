package spec

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"jembatan/tunnel"
)

// TestEncodeExamples writes the examples anew and reads them back.
func TestEncodeExamples(t *testing.T) {
	files, _ := filepath.Glob("../../examples/*.yaml")
	for _, file := range append(files, "testdata/base.yaml") {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want, problems := Parse("site.yaml", src)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		roundTrip(t, want, nil)
	}
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func roundTrip(t fataler, want *tunnel.Topology, comments []Comment) string {
	t.Helper()
	src, err := Encode(want, comments)
	if err != nil {
		t.Fatalf("%v", err)
	}
	got, problems := Parse("site.yaml", src)
	if len(problems) > 0 {
		t.Fatalf("%v\n%s", problems, src)
	}
	if d := cmp.Diff(want, got, equal, cmpopts.EquateEmpty()); d != "" {
		t.Fatalf("read back it is another (-want +got):\n%s\n%s", d, src)
	}
	return string(src)
}

// drawWhole makes a topology that Parse accepts, with names that YAML likes to
// take for something else.
func drawWhole(t *rapid.T) *tunnel.Topology {
	name := rapid.OneOf(rapid.SampledFrom([]string{"no", "off", "null", "1", "0x10", "1e3", "true", "-", "_", "y"}), rapid.StringMatching(`[a-z0-9_-]{1,8}`))
	iface := rapid.OneOf(name, rapid.StringMatching(`[ -~]{1,20}`), rapid.SampledFrom([]string{"ether1 # WAN", `"x`, "é: {", " pad ", "- a"}))
	names := rapid.SliceOfNDistinct(name, 2, 5, rapid.ID[string]).Draw(t, "routers")
	top := &tunnel.Topology{}
	for i, n := range names {
		r := tunnel.Router{Name: n, Site: rapid.SampledFrom([]string{"", "Jakarta", "no", "#1"}).Draw(t, "site"), Credentials: drawLogin(t)}
		r.Address = fmt.Sprintf("10.0.0.%d:%d", i+1, rapid.SampledFrom([]int{8728, 8729, 18729}).Draw(t, "port"))
		for j := range rapid.IntRange(1, 2).Draw(t, "uplinks") {
			u := tunnel.Uplink{
				Name: fmt.Sprintf("%d", j), Address: netip.AddrFrom4([4]byte{198, 51, byte(100 + j), byte(i + 1)}),
				MTU: rapid.SampledFrom([]int{1500, 1492, 9000}).Draw(t, "mtu"), NAT: rapid.Bool().Draw(t, "nat"),
			}
			if rapid.Bool().Draw(t, "gateway") {
				u.Gateway = netip.AddrFrom4([4]byte{198, 51, byte(100 + j), 254})
			}
			r.Uplinks = append(r.Uplinks, u)
		}
		top.Routers = append(top.Routers, r)
	}
	for i, n := range rapid.SliceOfNDistinct(name, 0, 2, rapid.ID[string]).Draw(t, "segments") {
		top.Segments = append(top.Segments, drawStretch(t, top, i, n, iface))
	}
	return top
}

func drawLogin(t *rapid.T) tunnel.Credentials {
	return tunnel.Credentials{
		User:     rapid.SampledFrom([]string{"jembatan", "null", "a b"}).Draw(t, "user"),
		Password: rapid.SampledFrom([]tunnel.SecretRef{{}, {Env: "P"}, {File: "a/b c"}, {File: "/etc/x"}}).Draw(t, "password"),
		TLS:      rapid.SampledFrom([]tunnel.TLS{{}, {Off: true}, {CAFile: "ca.pem"}, {Fingerprint: "sha256:" + strings.Repeat("4f", 32)}}).Draw(t, "tls"),
	}
}

func drawStretch(t *rapid.T, top *tunnel.Topology, i int, name string, iface *rapid.Generator[string]) tunnel.Segment {
	s := tunnel.Segment{
		Name: name, Subnet: netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 168, byte(i), 0}), 24), Adopt: rapid.Bool().Draw(t, "adopt"),
		Shape:  rapid.SampledFrom([]tunnel.Shape{tunnel.Hub, tunnel.Mesh}).Draw(t, "shape"),
		Bridge: rapid.OneOf(rapid.Just("br-"+name), iface).Draw(t, "bridge") + strings.Repeat("'", i),
		Tunnels: tunnel.TunnelSettings{
			MTU:        rapid.SampledFrom([]int{0, 1500, 1400}).Draw(t, "mtu"),
			Keepalive:  rapid.SampledFrom([]tunnel.Keepalive{{}, {Interval: time.Second, Retries: 3}, {Interval: time.Hour, Retries: 9}}).Draw(t, "keepalive"),
			Redundancy: rapid.SampledFrom([]tunnel.Redundancy{tunnel.NoRedundancy, tunnel.Bond}).Draw(t, "redundancy"),
		},
	}
	for j, r := range top.Routers {
		m := tunnel.Member{Router: r.Name}
		if rapid.Bool().Draw(t, "own bridge") {
			m.Bridge = fmt.Sprintf("own bridge %d", i)
		}
		for k, p := range rapid.SliceOfNDistinct(iface, 0, 3, rapid.ID[string]).Draw(t, "ports") {
			m.Ports = append(m.Ports, fmt.Sprintf("%s/%d.%d", p, i, k))
		}
		if s.Shape == tunnel.Hub && j > 0 {
			m.Parent = top.Routers[rapid.IntRange(0, j-1).Draw(t, "parent")].Name
		}
		s.Members = append(s.Members, m)
	}
	if s.Shape == tunnel.Hub {
		s.Hubs = []string{top.Routers[0].Name}
	}
	one := tunnel.Topology{Routers: top.Routers, Segments: []tunnel.Segment{s}}
	links, err := tunnel.Expand(&one, tunnel.Known{})
	if err != nil {
		t.Fatalf("%v", err)
	}
	for j, l := range links {
		for k, tun := range l.Tunnels {
			pin := tunnel.PinnedID{Pair: tunnel.UplinkPair{{Router: l.Routers[0], Uplink: tun.Ends[0].Uplink}, {Router: l.Routers[1], Uplink: tun.Ends[1].Uplink}}, ID: uint16(1 + 1000*i + 10*j + k)}
			if rapid.Bool().Draw(t, "names") {
				pin.Names = [2]string{fmt.Sprintf("x %d.%d.%d", i, j, k), fmt.Sprintf("y: %d.%d.%d", i, j, k)}
			}
			if s.Tunnels.Redundancy == tunnel.Bond && rapid.Bool().Draw(t, "bond") {
				pin.Bonds = [2]string{fmt.Sprintf("b#%d.%d", i, j), fmt.Sprintf("%d.%d", i, j)}
			}
			s.Tunnels.IDs = append(s.Tunnels.IDs, pin)
			if rapid.Bool().Draw(t, "pair") {
				s.Tunnels.Pairs = append(s.Tunnels.Pairs, pin.Pair)
			}
		}
		if n := len(l.Tunnels); len(s.Tunnels.Pairs) > 0 && n == 2 && s.Tunnels.Pairs[len(s.Tunnels.Pairs)-1] != s.Tunnels.IDs[len(s.Tunnels.IDs)-1].Pair {
			s.Tunnels.Pairs = nil // One pair of two would take the other tunnel away.
		}
	}
	return s
}

// TestEncodeParse holds that Parse of Encode is the same topology, whatever it
// and the comments hold.
func TestEncodeParse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		top := drawWhole(t)
		if links, err := tunnel.Expand(top, tunnel.Known{}); err != nil || links == nil && len(top.Segments) > 0 {
			t.Skip("two tunnels cannot be told apart")
		}
		text := rapid.OneOf(rapid.String(), rapid.Just("a\nb: c"), rapid.Just("x\u2028y: z\r- q")).Draw(t, "comment")
		comments := []Comment{{"", text}, {"routers", "#" + text}, {"routers." + top.Routers[0].Name, text}, {"segments.none", text}}
		roundTrip(t, top, comments)
	})
}

// TestEncodeReads shows what a person gets to read.
func TestEncodeReads(t *testing.T) {
	src, err := os.ReadFile("testdata/base.yaml")
	if err != nil {
		t.Fatal(err)
	}
	top, problems := Parse("site.yaml", src)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	got := roundTrip(t, top, []Comment{{"", "made by hand"}, {"routers.sby", "read in May"}, {"segments.servers.tunnels.ids", "kept"}})
	const golden = "testdata/encoded.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("another text (-want +got):\n%s", d)
	}
}
