package routeros_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"jembatan/routeros"
)

// A recorder is a Caller that notes requests and answers from a script.
type recorder struct {
	requests []routeros.Request
	replies  []routeros.Reply
	version  string
}

func (r *recorder) Call(_ context.Context, req routeros.Request) (routeros.Reply, error) {
	r.requests = append(r.requests, req)
	if len(r.replies) == 0 {
		return routeros.Reply{Done: routeros.NewRow("ret", "*9")}, nil
	}
	reply := r.replies[0]
	r.replies = r.replies[1:]
	return reply, nil
}

func (r *recorder) Version(context.Context) (routeros.Version, error) {
	return routeros.ParseVersion(r.version)
}

func TestListDecodesEoIP(t *testing.T) {
	r := &recorder{replies: []routeros.Reply{{Rows: []routeros.Row{routeros.NewRow(
		".id", "*1A", "name", "eoip-B", "mtu", "1500", "actual-mtu", "1500", "l2mtu", "65535",
		"mac-address", "00:00:5E:80:01:01", "local-address", "198.51.100.1", "remote-address", "203.0.113.1",
		"tunnel-id", "101", "keepalive", "1s,3", "dscp", "inherit", "clamp-tcp-mss", "true", "dont-fragment", "no",
		"allow-fast-path", "yes", "loop-protect-send-interval", "5s", "loop-protect-disable-time", "5m",
		"running", "true", "disabled", "false", "brand-new", "x")}}}}
	got, err := routeros.List[routeros.EoIP](t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	want := []routeros.EoIP{{
		ID: "*1A", Name: "eoip-B", MTU: "1500", ActualMTU: 1500, L2MTU: 65535, MACAddress: "00:00:5E:80:01:01",
		LocalAddress: netip.MustParseAddr("198.51.100.1"), RemoteAddress: "203.0.113.1", TunnelID: 101,
		Keepalive: routeros.Keepalive{Interval: time.Second, Retries: 3}, DSCP: "inherit", DontFragment: "no",
		ClampTCPMSS: true, AllowFastPath: true,
		LoopProtectSendInterval: 5 * time.Second, LoopProtectDisableTime: 5 * time.Minute,
		Running: true, Extra: routeros.NewRow("brand-new", "x"),
	}}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
		t.Error(diff)
	}
	list, _ := r.requests[0].Fields.Get(".proplist")
	if r.requests[0].Path != "/interface/eoip/print" || list == "" {
		t.Errorf("request %s", r.requests[0])
	}
}

func TestListNamesTheBadProperty(t *testing.T) {
	r := &recorder{replies: []routeros.Reply{{Rows: []routeros.Row{routeros.NewRow(".id", "*2", "tunnel-id", "70000")}}}}
	_, err := routeros.List[routeros.EoIP](t.Context(), r)
	want := `/interface/eoip *2: tunnel-id: "70000" is not a number of 16 bits`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestSetSendsNamedFieldsOnly(t *testing.T) {
	r := &recorder{version: "7.16.1"}
	tunnel := routeros.EoIP{Name: "x", TunnelID: 7, AllowFastPath: false}
	err := routeros.Set(t.Context(), r, "*1", tunnel, "comment", "keepalive", "allow-fast-path", "tunnel-id")
	if err != nil {
		t.Fatal(err)
	}
	want := routeros.Fields{
		{Name: ".id", Value: "*1"},
		{Name: "comment"},
		{Name: "keepalive", None: true},
		{Name: "allow-fast-path", Value: "no"},
		{Name: "tunnel-id", Value: "7"},
	}
	if diff := cmp.Diff(want, r.requests[0].Fields); diff != "" {
		t.Error(diff)
	}
	for _, name := range []string{"running", ".id", "no-such"} {
		if err := routeros.Set(t.Context(), r, "*1", tunnel, name); !errors.Is(err, routeros.ErrBadRequest) {
			t.Errorf("set %s: %v", name, err)
		}
	}
	if err := routeros.Set(t.Context(), r, "*1", tunnel); !errors.Is(err, routeros.ErrBadRequest) {
		t.Errorf("set nothing: %v", err)
	}
}

func TestAddSendsWhatIsSet(t *testing.T) {
	r := &recorder{}
	id, err := routeros.Add(t.Context(), r, routeros.Bonding{Name: "b", Slaves: []string{"e1", "e2"}, MIIInterval: 100 * time.Millisecond})
	if id != "*9" || err != nil {
		t.Fatal(id, err)
	}
	want := routeros.FieldsOf("name", "b", "slaves", "e1,e2", "mii-interval", "100ms")
	if diff := cmp.Diff(want, r.requests[0].Fields); diff != "" {
		t.Error(diff)
	}
}

func TestSpellingFollowsTheRelease(t *testing.T) {
	for version, want := range map[string]string{"7.9.2": "group-master", "6.49.10": "group-master", "7.10": "group-authority", "7.24": "group-authority"} {
		r := &recorder{version: version}
		if err := routeros.Set(t.Context(), r, "vrrp1", routeros.VRRP{GroupAuthority: "self"}, "group-authority"); err != nil {
			t.Fatal(err)
		}
		if got, ok := r.requests[0].Fields.Get(want); got != "self" || !ok {
			t.Errorf("%s: %s", version, r.requests[0])
		}
	}
	old, err := routeros.Decode[routeros.VRRP](routeros.NewRow("group-master", "a"))
	if old.GroupAuthority != "a" || err != nil {
		t.Errorf("old spelling: %q, %v", old.GroupAuthority, err)
	}
	both, err := routeros.Decode[routeros.VRRP](routeros.NewRow("group-authority", "b", "group-master", "a"))
	if both.GroupAuthority != "b" || err != nil {
		t.Errorf("both spellings: %q, %v", both.GroupAuthority, err)
	}
}

func TestEveryResourceHasAShape(t *testing.T) {
	row := routeros.NewRow(".id", "*1", "unheard-of", "kept")
	for menu, decode := range map[string]func() error{
		"/interface": shape[routeros.Interface](row), "/interface/ethernet": shape[routeros.Ethernet](row),
		"/interface/eoip": shape[routeros.EoIP](row), "/interface/bridge": shape[routeros.Bridge](row),
		"/interface/bridge/port": shape[routeros.BridgePort](row), "/interface/bonding": shape[routeros.Bonding](row),
		"/interface/vrrp": shape[routeros.VRRP](row), "/ip/address": shape[routeros.Address](row),
		"/ip/route": shape[routeros.Route](row), "/ip/firewall/nat": shape[routeros.NAT](row),
		"/ip/firewall/connection": shape[routeros.Connection](row), "/interface/list": shape[routeros.InterfaceList](row),
		"/interface/list/member": shape[routeros.InterfaceListMember](row), "/tool/netwatch": shape[routeros.Netwatch](row),
		"/system/scheduler": shape[routeros.Scheduler](row), "/system/script": shape[routeros.Script](row),
		"/ip/service": shape[routeros.Service](row), "/user": shape[routeros.User](row), "/user/group": shape[routeros.UserGroup](row),
		"/system/identity": shape[routeros.Identity](row), "/system/resource": shape[routeros.SystemResource](row),
		"/safe-mode": shape[routeros.SafeMode](row), "/ip/firewall/address-list": shape[routeros.AddressListEntry](row),
	} {
		if err := decode(); err != nil {
			t.Errorf("%s: %v", menu, err)
		}
	}
}

func shape[T routeros.Resource](row routeros.Row) func() error {
	return func() error {
		_, err := routeros.Decode[T](row)
		return err
	}
}

func TestUnsetMoveRemove(t *testing.T) {
	r := &recorder{}
	ctx := t.Context()
	for _, err := range []error{
		routeros.Unset[routeros.EoIP](ctx, r, "*1", "ipsec-secret", "keepalive"),
		routeros.Move[routeros.NAT](ctx, r, "*7", "*2"),
		routeros.Move[routeros.NAT](ctx, r, "*7", ""),
		routeros.Remove[routeros.EoIP](ctx, r, "*1", "*2"),
		routeros.Remove[routeros.EoIP](ctx, r),
		routeros.Disable[routeros.VRRP](ctx, r, "vrrp1"),
		routeros.Set(ctx, r, "", routeros.Identity{Name: "jkt"}, "name"),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	var got []string
	for _, req := range r.requests {
		got = append(got, req.String())
	}
	want := []string{
		"/interface/eoip/unset =numbers=*1 =value-name=ipsec-secret",
		"/interface/eoip/unset =numbers=*1 =value-name=keepalive",
		"/ip/firewall/nat/move =numbers=*7 =destination=*2",
		"/ip/firewall/nat/move =numbers=*7",
		"/interface/eoip/remove =.id=*1,*2",
		"/interface/vrrp/disable =.id=vrrp1",
		"/system/identity/set =name=jkt",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEndpoint(t *testing.T) {
	want := netip.MustParseAddrPort("10.0.0.1:80")
	for _, in := range [][2]string{{"10.0.0.1:80", ""}, {"10.0.0.1", "80"}} {
		if got := routeros.Endpoint(in[0], in[1]); got != want {
			t.Errorf("%q: %s", in, got)
		}
	}
	if got := routeros.Endpoint("fe80::1", "5"); got != netip.MustParseAddrPort("[fe80::1]:5") {
		t.Error(got)
	}
	if got := routeros.Endpoint("here", "5"); got.IsValid() {
		t.Error(got)
	}
}

// What a resource sends, sent back by a device, is the resource.
func TestResourceRoundTrip(t *testing.T) {
	word := rapid.StringMatching("[a-z]{0,8}")
	rapid.Check(t, func(t *rapid.T) {
		roundTrip(t, routeros.EoIP{
			Name: word.Draw(t, "name"), MTU: word.Draw(t, "mtu"), TunnelID: rapid.Uint16().Draw(t, "id"),
			LocalAddress: netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "ip"))),
			Keepalive: routeros.Keepalive{
				Interval: time.Duration(rapid.Int64Range(1, 1e15).Draw(t, "interval")), Retries: rapid.Uint32().Draw(t, "retries"),
			},
			ClampTCPMSS: rapid.Bool().Draw(t, "clamp"), IPsecSecret: routeros.Secret(word.Draw(t, "secret")),
			LoopProtectDisableTime: time.Duration(rapid.Int64Min(0).Draw(t, "time")), Comment: rapid.String().Draw(t, "comment"),
		})
		roundTrip(t, routeros.Bonding{Slaves: rapid.SliceOfN(rapid.StringMatching("[a-z]+"), 1, 4).Draw(t, "slaves"), MinLinks: rapid.Uint32().Draw(t, "min")})
		roundTrip(t, routeros.VRRP{VRID: rapid.Uint8().Draw(t, "vrid"), Password: routeros.Secret(word.Draw(t, "password")), GroupAuthority: word.Draw(t, "group")})
		prefix := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, 1}), rapid.IntRange(0, 32).Draw(t, "bits"))
		roundTrip(t, routeros.Address{Address: prefix, Disabled: rapid.Bool().Draw(t, "disabled")})
	})
}

func roundTrip[T routeros.Resource](t *rapid.T, v T) {
	fields, err := routeros.FieldsFrom(v, routeros.Version{})
	if err != nil {
		t.Fatal(err)
	}
	var pairs []string
	for name, value := range fields.All() {
		pairs = append(pairs, name, value)
	}
	got, err := routeros.Decode[T](routeros.NewRow(pairs...))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(v, got, cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{}), cmpopts.EquateEmpty()); diff != "" {
		t.Fatal(diff)
	}
}

func TestGetWantsOne(t *testing.T) {
	one := routeros.NewRow(".id", "*1", "name", "x")
	for _, tc := range []struct {
		rows []routeros.Row
		want error
	}{{nil, routeros.ErrNotFound}, {[]routeros.Row{one}, nil}, {[]routeros.Row{one, one}, routeros.ErrAmbiguous}} {
		r := &recorder{replies: []routeros.Reply{{Rows: tc.rows}}}
		got, err := routeros.Get[routeros.Bridge](t.Context(), r, "?name=x")
		if !errors.Is(err, tc.want) || (err == nil) != (got.Name == "x") {
			t.Errorf("%d rows: %+v, %v", len(tc.rows), got, err)
		}
	}
}

func TestValuesThatDoNotFit(t *testing.T) {
	for _, row := range []routeros.Row{
		routeros.NewRow("running", "perhaps"), routeros.NewRow("keepalive", "often"), routeros.NewRow("local-address", "here"),
		routeros.NewRow("loop-protect-disable-time", "soon"), routeros.NewRow("tunnel-id", "-1"),
	} {
		if v, err := routeros.Decode[routeros.EoIP](row); err == nil {
			t.Errorf("%s: %+v", row, v)
		}
	}
	if b, err := routeros.Decode[routeros.Bridge](routeros.NewRow("priority", "0x8000")); err != nil || b.Priority != 0x8000 {
		t.Errorf("priority %#x, %v", b.Priority, err)
	}
}
