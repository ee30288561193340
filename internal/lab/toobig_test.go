//go:build linux

package lab

import (
	"bytes"
	"net"
	"net/netip"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"pgregory.net/rapid"
)

// bigFrame is an Ethernet frame with a UDP packet of some payload, as gopacket
// makes it.
func bigFrame(t interface{ Fatal(args ...any) }, payload []byte, flags layers.IPv4Flag, options int) []byte {
	ip := &layers.IPv4{
		Version: 4, TTL: 9, Id: 77, Flags: flags, Protocol: layers.IPProtocolUDP, SrcIP: net.IP{10, 0, 0, 1}, DstIP: net.IP{10, 0, 0, 2},
	}
	for range options {
		ip.Options = append(ip.Options, layers.IPv4Option{OptionType: 1})
	}
	udp := &layers.UDP{SrcPort: 1, DstPort: 2}
	_ = udp.SetNetworkLayerForChecksum(ip)
	buf := gopacket.NewSerializeBuffer()
	err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true},
		&layers.Ethernet{SrcMAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, DstMAC: net.HardwareAddr{2, 0, 0, 0, 0, 2}, EthernetType: layers.EthernetTypeIPv4},
		ip, udp, gopacket.Payload(payload))
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// TestFragments puts what split has taken apart together again, by gopacket's reading.
func TestFragments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		payload := rapid.SliceOfN(rapid.Byte(), 0, 4000).Draw(t, "payload")
		mtu := rapid.IntRange(minMTU, 1500).Draw(t, "mtu")
		frame := bigFrame(t, payload, 0, 4*rapid.IntRange(0, 2).Draw(t, "options"))
		pieces, refusal := split(bytes.Clone(frame), mtu, netip.MustParseAddr("10.9.9.9"))
		if refusal != nil {
			t.Fatal("refused, though it may be fragmented")
		}
		whole := gopacket.NewPacket(frame, layers.LayerTypeEthernet, gopacket.Default).Layer(layers.LayerTypeIPv4).(*layers.IPv4)
		var got []byte
		for i, p := range pieces {
			ip := gopacket.NewPacket(p, layers.LayerTypeEthernet, gopacket.Default).Layer(layers.LayerTypeIPv4).(*layers.IPv4)
			more := ip.Flags&layers.IPv4MoreFragments != 0
			if int(ip.Length) > mtu || int(ip.FragOffset)*8 != len(got) || more != (i < len(pieces)-1) || ip.Id != 77 || ip.TTL != 9 {
				t.Fatalf("piece %d of %d: %+v", i, len(pieces), ip)
			}
			header := p[etherSize : etherSize+int(ip.IHL)*4]
			want := bytes.Clone(header)
			seal(want, len(want))
			if !bytes.Equal(header, want) {
				t.Fatalf("piece %d: checksum", i)
			}
			got = append(got, ip.Payload...)
		}
		if !bytes.Equal(got, whole.Payload) {
			t.Fatalf("%d bytes put together, %d taken apart", len(got), len(whole.Payload))
		}
	})
}

// TestTooBig: a packet that must not be fragmented is refused by the provider's router.
func TestTooBig(t *testing.T) {
	frame := bigFrame(t, make([]byte, 1472), layers.IPv4DontFragment, 0)
	pieces, refusal := split(frame, 1400, netip.MustParseAddr("10.9.9.9"))
	if len(pieces) != 0 || refusal == nil {
		t.Fatalf("%d pieces, refusal %x", len(pieces), refusal)
	}
	p := gopacket.NewPacket(refusal, layers.LayerTypeEthernet, gopacket.Default)
	ether, ip := p.Layer(layers.LayerTypeEthernet).(*layers.Ethernet), p.Layer(layers.LayerTypeIPv4).(*layers.IPv4)
	icmp, ok := p.Layer(layers.LayerTypeICMPv4).(*layers.ICMPv4)
	if !ok || icmp.TypeCode != layers.CreateICMPv4TypeCode(3, 4) || icmp.Seq != 1400 {
		t.Fatalf("%v", p)
	}
	if ether.DstMAC.String() != "02:00:00:00:00:01" || !ip.SrcIP.Equal(net.IP{10, 9, 9, 9}) || !ip.DstIP.Equal(net.IP{10, 0, 0, 1}) {
		t.Errorf("%v, %v", ether, ip)
	}
	if !bytes.Equal(icmp.Payload, frame[etherSize:etherSize+28]) {
		t.Errorf("it quotes %x", icmp.Payload)
	}
	if small, refusal := split(frame, 1500, netip.Addr{}); len(small) != 1 || refusal != nil {
		t.Error("what fits was touched")
	}
}
