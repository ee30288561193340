package tunnel

import "slices"

// A Bridge is how a segment's bridge is set on one router.
type Bridge struct {
	Name         string
	ProtocolMode string // "rstp" or "none", as RouterOS spells it
	Priority     uint16 // of the spanning tree; 0x8000 is RouterOS's default
	// Horizon is the split horizon of all tunnel ports; zero means none. Ports
	// of one horizon never forward to each other, which is what makes a full
	// mesh free of loops.
	Horizon  uint32
	AdminMAC string // upper case; unique in the segment
}

// Spanning tree priorities. They go in steps of 4096; the root has the first,
// other hubs the next ones, as far as below the default.
const (
	priorityStep    = 0x1000
	priorityLast    = 0x7000
	priorityDefault = 0x8000
)

// BridgeSettings returns the settings of segment s's bridge on router. A hub
// tree runs RSTP with its hubs as roots in their order, so a loop that somebody
// plugs in by hand is cut and the root stays where it was put. A mesh runs
// without spanning tree and with split horizon.
func BridgeSettings(s *Segment, router string) Bridge {
	b := Bridge{Name: s.BridgeOn(router), ProtocolMode: "rstp", Priority: priorityDefault, AdminMAC: bridgeMACOf(s, router)}
	if s.Shape == Mesh {
		b.ProtocolMode, b.Horizon = "none", 1
		return b
	}
	if i := slices.Index(s.Hubs, router); i >= 0 {
		b.Priority = uint16(min((i+1)*priorityStep, priorityLast))
	}
	return b
}

// bridgeMACOf returns the address of the bridge on router, hashed from segment
// and router. Should two members' hashes be equal, the one that sorts later
// moves on.
func bridgeMACOf(s *Segment, router string) string {
	names := make([]string, 0, len(s.Members)+1)
	for _, m := range s.Members {
		if m.Router < router {
			names = append(names, m.Router)
		}
	}
	slices.Sort(names)
	taken := make(map[string]bool, len(names))
	for _, name := range append(names, router) {
		for try := 0; ; try++ {
			mac := hashMAC(bridgeMAC, try, s.Name, name)
			if taken[mac] {
				continue
			}
			if name == router {
				return mac
			}
			taken[mac] = true
			break
		}
	}
	return ""
}
