package tunnel

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBridgeSettings(t *testing.T) {
	tree := &Segment{Name: "s", Bridge: "br-s", Shape: Hub, Members: []Member{{Router: "leaf"}}}
	for i := range 9 {
		name := fmt.Sprintf("h%d", i)
		tree.Hubs = append(tree.Hubs, name)
		tree.Members = append(tree.Members, Member{Router: name})
	}
	mesh := &Segment{Name: "m", Bridge: "br-m", Shape: Mesh, Members: []Member{{Router: "a"}, {Router: "b"}}}
	tests := []struct {
		s      *Segment
		router string
		want   Bridge
	}{
		{tree, "h0", Bridge{Name: "br-s", ProtocolMode: "rstp", Priority: 0x1000}},
		{tree, "h1", Bridge{Name: "br-s", ProtocolMode: "rstp", Priority: 0x2000}},
		{tree, "h2", Bridge{Name: "br-s", ProtocolMode: "rstp", Priority: 0x3000}},
		{tree, "h8", Bridge{Name: "br-s", ProtocolMode: "rstp", Priority: 0x7000}},
		{tree, "leaf", Bridge{Name: "br-s", ProtocolMode: "rstp", Priority: 0x8000}},
		{mesh, "a", Bridge{Name: "br-m", ProtocolMode: "none", Priority: 0x8000, Horizon: 1}},
	}
	macs := make(map[string]bool)
	for _, tt := range tests {
		got := BridgeSettings(tt.s, tt.router)
		if !strings.HasPrefix(got.AdminMAC, "02:") || len(got.AdminMAC) != 17 || macs[got.AdminMAC] {
			t.Errorf("%s: admin-mac %q", tt.router, got.AdminMAC)
		}
		macs[got.AdminMAC] = true
		got.AdminMAC = ""
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.router, diff)
		}
	}
}
