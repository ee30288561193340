package packet_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"pgregory.net/rapid"

	"jembatan/internal/packet"
)

// TestGoldenHeaders holds the codec to headers captured on RouterOS 7.18.2.
func TestGoldenHeaders(t *testing.T) {
	for _, c := range []struct {
		header string
		id     uint16
		length int
	}{
		{"20 01 64 00 00 00 64 00", 100, 0},
		{"20 01 64 00 00 00 c8 00", 200, 0},
		{"20 01 64 00 00 2a 64 00", 100, 42},
		{"20 01 64 00 00 46 64 00", 100, 70},
		{"20 01 64 00 05 86 64 00", 100, 1414},
		{"20 01 64 00 05 b8 64 00", 100, 1464},
		{"20 01 64 00 05 ba 64 00", 100, 1466},
		{"20 01 64 00 00 36 64 00", 100, 54},
		{"20 01 64 00 00 52 64 00", 100, 82},
		{"20 01 64 00 00 53 64 00", 100, 83},
		{"20 01 64 00 00 da 64 00", 100, 218},
		{"20 01 64 00 00 62 07 00", 7, 98},
	} {
		want, err := hex.DecodeString(strings.ReplaceAll(c.header, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		frame := bytes.Repeat([]byte{0xab}, c.length)
		got, err := packet.AppendEoIP(nil, c.id, frame)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(append(want, frame...), got); d != "" {
			t.Errorf("%s: %s", c.header, d)
		}
		id, back, err := packet.ParseEoIP(got)
		if err != nil || id != c.id || !bytes.Equal(back, frame) {
			t.Errorf("%s parses to %d, %d bytes, %v", c.header, id, len(back), err)
		}
	}
}

// TestGoldenIPv6 holds EoIPv6 to the vectors of bbonev/eoip.
func TestGoldenIPv6(t *testing.T) {
	for id, want := range map[uint16]string{0: "0300", 300: "132c", 1000: "33e8", 1234: "43d2"} {
		got, err := packet.AppendEoIPv6(nil, id, nil)
		if err != nil || hex.EncodeToString(got) != want {
			t.Errorf("id %d: %x, %v; want %s", id, got, err, want)
		}
		if back, _, err := packet.ParseEoIPv6(got); err != nil || back != id {
			t.Errorf("id %d parses to %d, %v", id, back, err)
		}
	}
	if _, err := packet.AppendEoIPv6(nil, 4096, nil); err == nil {
		t.Error("an id of 13 bits was taken")
	}
}

func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		b    []byte
		want error
	}{
		"empty":          {nil, packet.ErrShort},
		"seven bytes":    {make([]byte, 7), packet.ErrShort},
		"PPTP":           {[]byte{0x30, 0x01, 0x88, 0x0b, 0, 0, 0, 0}, packet.ErrMagic},
		"too long":       {[]byte{0x20, 1, 0x64, 0, 0, 20, 1, 0, 1, 2}, packet.ErrLength},
		"trailing bytes": {[]byte{0x20, 1, 0x64, 0, 0, 0, 1, 0, 0}, packet.ErrLength},
		"length of one":  {[]byte{0x20, 1, 0x64, 0, 0, 1, 1, 0, 9}, packet.ErrRunt},
	} {
		if _, _, err := packet.ParseEoIP(c.b); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if _, err := packet.AppendEoIP(nil, 1, make([]byte, 13)); !errors.Is(err, packet.ErrRunt) {
		t.Errorf("a frame of 13 bytes: %v", err)
	}
	if _, err := packet.AppendEoIP(nil, 1, make([]byte, packet.MaxFrame+1)); !errors.Is(err, packet.ErrLength) {
		t.Errorf("a frame of %d bytes: %v", packet.MaxFrame+1, err)
	}
}

// TestSecondOpinion lets gopacket, which knows nothing of EoIP, read our packets
// as the GRE that they pretend to be.
func TestSecondOpinion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.Uint16().Draw(t, "id")
		frame := rapid.SliceOfN(rapid.Byte(), packet.MinFrame, 1600).Draw(t, "frame")
		b, err := packet.AppendEoIP(nil, id, frame)
		if err != nil {
			t.Fatal(err)
		}
		var g layers.GRE
		if err := g.DecodeFromBytes(b, gopacket.NilDecodeFeedback); err != nil {
			t.Fatal(err)
		}
		key := uint32(len(frame))<<16 | uint32(id&0xff)<<8 | uint32(id>>8)
		if g.Version != 1 || g.Protocol != 0x6400 || !g.KeyPresent || g.Key != key || g.ChecksumPresent || g.SeqPresent {
			t.Fatalf("gopacket reads %+v; want version 1, protocol 0x6400, key %#x", g, key)
		}
		if !bytes.Equal(g.Payload, frame) {
			t.Fatalf("gopacket finds another frame")
		}
	})
}

func FuzzParseEoIP(f *testing.F) {
	f.Add([]byte{0x20, 1, 0x64, 0, 0, 0, 0x64, 0})
	f.Add(append([]byte{0x20, 1, 0x64, 0, 0, 14, 1, 0}, make([]byte, 14)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if id, frame, err := packet.ParseEoIP(b); err == nil {
			back, err := packet.AppendEoIP(nil, id, frame)
			if err != nil || !bytes.Equal(back, b) {
				t.Fatalf("%x parses and becomes %x, %v", b, back, err)
			}
		}
		if id, frame, err := packet.ParseEoIPv6(b); err == nil {
			back, err := packet.AppendEoIPv6(nil, id, frame)
			if err != nil || !bytes.Equal(back, b) {
				t.Fatalf("%x parses and becomes %x, %v", b, back, err)
			}
		}
		_, _, payload, err := packet.ParseIPv4(b)
		if err == nil && len(payload) > len(b)-20 {
			t.Fatalf("payload of %d bytes in a packet of %d", len(payload), len(b))
		}
	})
}
