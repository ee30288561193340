package packet_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"pgregory.net/rapid"

	"jembatan/internal/packet"
)

var cmpAddr = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

func TestVRRPRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := packet.Advert{
			Version: rapid.SampledFrom([]int{2, 3}).Draw(t, "version"), VRID: rapid.Byte().Draw(t, "vrid"),
			Priority: rapid.Byte().Draw(t, "priority"), Interval: time.Duration(rapid.IntRange(1, 40).Draw(t, "interval")) * time.Second,
		}
		for range rapid.IntRange(1, 5).Draw(t, "addresses") {
			a.Addresses = append(a.Addresses, netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address"))))
		}
		if a.Version == 2 {
			a.Password = rapid.StringMatching(`[a-z]{0,8}`).Draw(t, "password")
		}
		src := netip.MustParseAddr("10.0.0.1")
		b := packet.AppendVRRP(nil, a, src)
		got, err := packet.ParseVRRP(b, src)
		if d := cmp.Diff(a, got, cmpAddr); err != nil || d != "" {
			t.Fatalf("%v %s", err, d)
		}
		b[rapid.IntRange(1, 6).Draw(t, "byte")] ^= 0x10
		if got, err := packet.ParseVRRP(b, src); err == nil {
			t.Fatalf("a changed packet parses to %+v", got)
		}
	})
}

func TestVRRPSecondOpinion(t *testing.T) {
	a := packet.Advert{Version: 2, VRID: 51, Priority: 150, Interval: time.Second, Addresses: []netip.Addr{netip.MustParseAddr("10.10.0.254")}}
	var v layers.VRRPv2
	if err := v.DecodeFromBytes(packet.AppendVRRP(nil, a, netip.MustParseAddr("10.10.0.1")), gopacket.NilDecodeFeedback); err != nil {
		t.Fatal(err)
	}
	if v.VirtualRtrID != 51 || v.Priority != 150 || v.AdverInt != 1 || v.IPAddress[0].String() != "10.10.0.254" {
		t.Errorf("gopacket reads %+v", v)
	}
}

func FuzzParseVRRP(f *testing.F) {
	src := netip.MustParseAddr("10.0.0.1")
	f.Add(packet.AppendVRRP(nil, packet.Advert{Version: 3, VRID: 1, Priority: 100, Interval: time.Second, Addresses: []netip.Addr{src}}, src))
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, err := packet.ParseVRRP(b, src); err == nil && len(a.Addresses)*4+8 > len(b) {
			t.Fatal("more addresses than bytes")
		}
	})
}

// pairVRRP runs two routers on a perfect link in virtual time.
type pairVRRP struct {
	now  time.Time
	v    [2]*packet.VRRP
	deaf bool
}

func newPair(version int, prioA, prioB byte, preempt bool) *pairVRRP {
	p := &pairVRRP{now: time.Unix(0, 0)}
	for i, prio := range []byte{prioA, prioB} {
		p.v[i] = &packet.VRRP{Config: packet.VRRPConfig{
			Version: version, VRID: 1, Priority: prio, Interval: time.Second, Preempt: preempt,
			Primary: netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), Virtual: []netip.Addr{netip.MustParseAddr("10.0.0.9")},
		}}
	}
	return p
}

func (p *pairVRRP) do(i int, d packet.VRRPDo) {
	if d.Send != nil && !p.deaf {
		p.do(1-i, p.v[1-i].Heard(p.now, *d.Send, p.v[i].Config.Primary))
	}
}

func (p *pairVRRP) run(d time.Duration) {
	for end := p.now.Add(d); p.now.Before(end); p.now = p.now.Add(10 * time.Millisecond) {
		for i, v := range p.v {
			p.do(i, v.Tick(p.now))
		}
	}
}

func (p *pairVRRP) states() string { return p.v[0].State().String() + " " + p.v[1].State().String() }

func (p *pairVRRP) want(t *testing.T, want string) {
	t.Helper()
	if got := p.states(); got != want {
		t.Fatalf("after %v: %s, want %s", p.now.Sub(time.Unix(0, 0)), got, want)
	}
}

func TestVRRPStory(t *testing.T) {
	for _, version := range []int{2, 3} {
		p := newPair(version, 150, 100, true)
		p.do(0, p.v[0].Start(p.now))
		p.do(1, p.v[1].Start(p.now))
		p.want(t, "backup backup")
		p.run(4 * time.Second)
		p.want(t, "master backup")
		p.do(0, p.v[0].Stop()) // priority 0: the other waits its skew only, 0.61 s
		p.run(500 * time.Millisecond)
		p.want(t, "init backup")
		p.run(200 * time.Millisecond)
		p.want(t, "init master")
		p.do(0, p.v[0].Start(p.now))
		p.run(4 * time.Second)
		p.want(t, "master backup") // preempted
		p.deaf = true
		p.run(4 * time.Second)
		p.want(t, "master master")
		p.deaf = false
		p.run(1100 * time.Millisecond)
		p.want(t, "master backup")
	}
}

func TestVRRPWithoutPreemption(t *testing.T) {
	p := newPair(3, 150, 100, false)
	p.do(1, p.v[1].Start(p.now))
	p.run(4 * time.Second)
	p.do(0, p.v[0].Start(p.now))
	p.run(10 * time.Second)
	p.want(t, "backup master")
}
