package packet_test

import (
	"bytes"
	"encoding/binary"
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"pgregory.net/rapid"

	"jembatan/internal/packet"
)

// tcp builds a frame with TCP over IPv4 or IPv6 by gopacket, checksums right.
func tcp(t interface{ Fatal(args ...any) }, v6 bool, seq uint32, payload []byte, edit func(*layers.TCP)) []byte {
	eth := layers.Ethernet{SrcMAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, DstMAC: net.HardwareAddr{2, 0, 0, 0, 0, 2}, EthernetType: layers.EthernetTypeIPv4}
	h := layers.TCP{SrcPort: 1000, DstPort: 80, Seq: seq, Ack: 77, ACK: true, Window: 500, Options: []layers.TCPOption{
		{OptionType: 1}, {OptionType: 1}, {OptionType: 8, OptionLength: 10, OptionData: []byte{1, 2, 3, 4, 5, 6, 7, 8}},
	}}
	if edit != nil {
		edit(&h)
	}
	var ip gopacket.SerializableLayer
	if v6 {
		eth.EthernetType = layers.EthernetTypeIPv6
		x := &layers.IPv6{Version: 6, NextHeader: layers.IPProtocolTCP, HopLimit: 64, SrcIP: net.ParseIP("fd00::1"), DstIP: net.ParseIP("fd00::2")}
		_ = h.SetNetworkLayerForChecksum(x)
		ip = x
	} else {
		x := &layers.IPv4{Version: 4, TTL: 64, Id: 9, Flags: layers.IPv4DontFragment, Protocol: layers.IPProtocolTCP, SrcIP: net.IPv4(10, 0, 0, 1), DstIP: net.IPv4(10, 0, 0, 2)}
		_ = h.SetNetworkLayerForChecksum(x)
		ip = x
	}
	b := gopacket.NewSerializeBuffer()
	opts := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(b, opts, &eth, ip, &h, gopacket.Payload(payload)); err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(b.Bytes())
}

// TestJoinedAndCutAgain sends a stream through the coalescer and the splitter:
// the frames must come out as gopacket built them.
func TestJoinedAndCutAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v6 := rapid.Bool().Draw(t, "v6")
		size := rapid.IntRange(1, 1448).Draw(t, "size")
		n := rapid.IntRange(1, 40).Draw(t, "segments")
		last := rapid.IntRange(1, size).Draw(t, "last")
		var frames, kept [][]byte
		var c packet.Coalescer
		for i := range n {
			payload := bytes.Repeat([]byte{byte(i)}, size)
			if i == n-1 {
				payload = payload[:last]
			}
			f := tcp(t, v6, 5000+uint32(i*size), payload, func(h *layers.TCP) { h.PSH = i == n-1 })
			if !v6 { // The kernel counts identifications up.
				binary.BigEndian.PutUint16(f[18:], 9+uint16(i))
				f[24], f[25] = 0, 0
				binary.BigEndian.PutUint16(f[24:], packet.Checksum(f[14:34]))
			}
			frames = append(frames, f)
			kept = append(kept, bytes.Clone(f))
		}
		for _, f := range frames {
			c.Add(f)
		}
		groups := c.Flush()
		if len(groups) != 1 {
			t.Fatalf("%d frames of one stream became %d groups", n, len(groups))
		}
		super := bytes.Join(groups[0].Parts, nil)
		var s packet.Splitter
		segments, err := s.Split(groups[0].Vnet, super, 8)
		if err != nil {
			t.Fatal(err)
		}
		var got [][]byte
		for _, seg := range segments {
			got = append(got, append(bytes.Clone(seg.Header[8:]), seg.Payload...))
		}
		if d := cmp.Diff(kept, got); d != "" {
			t.Fatal(d)
		}
	})
}

// TestNotJoined lists what must pass as it came.
func TestNotJoined(t *testing.T) {
	first := func() []byte { return tcp(t, false, 100, make([]byte, 100), nil) }
	for name, second := range map[string][]byte{
		"a gap":              tcp(t, false, 201, make([]byte, 100), nil),
		"a longer segment":   tcp(t, false, 200, make([]byte, 101), nil),
		"another ack":        tcp(t, false, 200, make([]byte, 100), func(h *layers.TCP) { h.Ack++ }),
		"another port":       tcp(t, false, 200, make([]byte, 100), func(h *layers.TCP) { h.SrcPort++ }),
		"a FIN":              tcp(t, false, 200, make([]byte, 100), func(h *layers.TCP) { h.FIN = true }),
		"no payload":         tcp(t, false, 200, nil, nil),
		"another timestamp":  tcp(t, false, 200, make([]byte, 100), func(h *layers.TCP) { h.Options[2].OptionData[0]++ }),
		"the other protocol": tcp(t, true, 200, make([]byte, 100), nil),
		"a broken checksum": func() []byte {
			f := tcp(t, false, 200, make([]byte, 100), nil)
			f[len(f)-1] ^= 1
			return f
		}(),
	} {
		var c packet.Coalescer
		c.Add(first())
		c.Add(bytes.Clone(second))
		groups := c.Flush()
		if len(groups) != 2 {
			t.Errorf("%s: %d groups", name, len(groups))
			continue
		}
		if d := cmp.Diff([][]byte{second}, groups[1].Parts); d != "" || groups[1].Vnet != (packet.Vnet{}) {
			t.Errorf("%s: changed: %s", name, d)
		}
	}
}

func TestClampMSS(t *testing.T) {
	for _, v6 := range []bool{false, true} {
		mss := func(n uint16) []byte {
			return tcp(t, v6, 1, nil, func(h *layers.TCP) {
				h.SYN, h.ACK = true, false
				h.Options = []layers.TCPOption{{OptionType: 2, OptionLength: 4, OptionData: binary.BigEndian.AppendUint16(nil, n)}}
			})
		}
		over := uint16(40)
		if v6 {
			over = 60
		}
		got := mss(1460)
		if !packet.ClampMSS(got, 1420) {
			t.Fatal("not clamped")
		}
		if d := cmp.Diff(mss(1420-over), got); d != "" {
			t.Errorf("v6 %v: %s", v6, d)
		}
		if small := mss(500); packet.ClampMSS(small, 1420) || !bytes.Equal(small, mss(500)) {
			t.Error("a small MSS was raised")
		}
	}
	if f := tcp(t, false, 1, nil, nil); packet.ClampMSS(f, 100) {
		t.Error("clamped a segment without SYN")
	}
}

// FuzzFrames feeds anything to everything that looks into frames.
func FuzzFrames(f *testing.F) {
	f.Add(tcp(f, false, 1, []byte("x"), nil), byte(1), uint16(100))
	f.Add(tcp(f, true, 1, []byte("x"), func(h *layers.TCP) { h.SYN = true }), byte(4), uint16(1))
	f.Fuzz(func(_ *testing.T, b []byte, gso byte, size uint16) {
		var c packet.Coalescer
		for range 3 {
			c.Add(bytes.Clone(b))
		}
		c.Flush()
		packet.ClampMSS(bytes.Clone(b), int(size))
		packet.InnerIPv4(b)
		var s packet.Splitter
		if v, frame, err := packet.ParseVnet(bytes.Clone(b)); err == nil {
			_, _ = s.Split(v, frame, 28)
		}
		_, _ = s.Split(packet.Vnet{GSO: gso, GSOSize: size}, bytes.Clone(b), 8)
	})
}
