package tunnel

import (
	"errors"
	"strings"
	"testing"
)

func pinned(id uint16) PinnedID {
	return PinnedID{Pair: UplinkPair{{"sby", "metro"}, {"jkt", "metro"}}, ID: id}
}

func TestPinnedIDs(t *testing.T) {
	mark := Mark("servers", "jkt.metro-sby.metro")
	other := Mark("servers", "jkt.lte-sby.lte")
	tests := []struct {
		name  string
		known Known
		want  string // of the error
	}{
		{"free", Known{}, ""},
		{"has another", Known{Tunnels: map[string]KnownTunnel{mark: {ID: 7}}}, ""},
		{"held by a tunnel of ours, which moves", Known{
			IDs:     map[string]map[uint16]string{"jkt": {1201: other}, "sby": {1201: other}},
			Tunnels: map[string]KnownTunnel{other: {ID: 1201}},
		}, ""},
		{"held by others at one end", Known{IDs: map[string]map[uint16]string{"sby": {1201: ""}}}, "in use on sby"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			top := twoSites()
			top.Segments[0].Tunnels.IDs = []PinnedID{pinned(1201)}
			links, err := Expand(top, tt.known)
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) || links != nil {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if a, b := links[0].Tunnels[0].ID, links[0].Tunnels[1].ID; a != 1201 || b == 1201 {
				t.Errorf("ids %d, %d", a, b)
			}
		})
	}
}

func TestKnownIDThatAnotherHasIsGivenUp(t *testing.T) {
	mark := Mark("servers", "jkt.metro-sby.metro")
	links, err := Expand(twoSites(), Known{
		IDs:     map[string]map[uint16]string{"jkt": {7: mark}, "sby": {7: ""}},
		Tunnels: map[string]KnownTunnel{mark: {ID: 7, MACs: [2]string{"02:aa:00:00:00:01", ""}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	tun := links[0].Tunnels[0]
	if tun.ID == 7 || tun.Ends[0].MAC != "02:AA:00:00:00:01" || tun.Ends[1].MAC == "" {
		t.Errorf("%+v", tun)
	}
}

func TestNoIDIsFree(t *testing.T) {
	odd, even := make(map[uint16]string), make(map[uint16]string)
	for id := range 1 << 16 {
		if id%2 == 0 {
			even[uint16(id)] = ""
		} else {
			odd[uint16(id)] = ""
		}
	}
	links, err := Expand(twoSites(), Known{IDs: map[string]map[uint16]string{"jkt": odd, "sby": even}})
	var all *ExpandError
	if links != nil || !errors.As(err, &all) || len(all.Problems) != 2 {
		t.Fatalf("%v", err)
	}
	if want := "segment servers: tunnel jkt.lte-sby.lte: no tunnel id is free on both jkt and sby"; all.Problems[0].String() != want {
		t.Errorf("got %s", all.Problems[0])
	}
}

func TestExpandProblems(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Topology)
		want   string
	}{
		{"no shape", func(top *Topology) { top.Segments[0].Shape = ShapeUnknown }, "no shape"},
		{"no hub", func(top *Topology) { top.Segments[0].Hubs = nil }, "no hub"},
		{"stranger", func(top *Topology) { top.Segments[0].Members[1].Router = "xxx" }, "member xxx is no router"},
		{"parent is no member", func(top *Topology) { top.Segments[0].Members[1].Parent = "xxx" }, "the hub xxx of sby is no member"},
		{"two trees", func(top *Topology) { top.Segments[0].Members[1].Parent = "" }, "member sby hangs below no other"},
		{"loop", func(top *Topology) {
			top.Segments[0].Members[1].Parent, top.Segments[0].Members[2].Parent = "bdg", "sby"
		}, "loop in the tree of hubs: [sby bdg]"},
		{"root with a parent", func(top *Topology) { top.Segments[0].Members[0].Parent = "sby" }, "the root jkt hangs below sby"},
		{"no uplink", func(top *Topology) { top.Routers[2].Uplinks = nil }, "no tunnel between bdg and jkt: both need an uplink"},
		{"unknown uplink", func(top *Topology) { top.Segments[0].Tunnels.Pairs[0][0].Uplink = "x" }, "names an uplink that does not exist"},
		{"rstp mesh", func(top *Topology) {
			top.Segments[0].Shape, top.Segments[0].Tunnels.Redundancy = Mesh, RSTP
		}, "cannot be rstp"},
		{"pinned id of no tunnel", func(top *Topology) {
			top.Segments[0].Tunnels.IDs = []PinnedID{{Pair: UplinkPair{{"bdg", "fixed"}, {"sby", "metro"}}, ID: 9}}
		}, "id 9 is given to a tunnel that does not exist"},
		{"same name twice", func(top *Topology) {
			// a.b and c-d.e, a.b-c and d.e
			top.Routers = []Router{
				{Name: "a", Uplinks: []Uplink{{Name: "b"}, {Name: "b-c"}}},
				{Name: "c-d", Uplinks: []Uplink{{Name: "e"}}},
				{Name: "d", Uplinks: []Uplink{{Name: "e"}}},
			}
			top.Segments[0].Hubs = []string{"a"}
			top.Segments[0].Members = []Member{{Router: "a"}, {Router: "c-d", Parent: "a"}, {Router: "d", Parent: "a"}}
			top.Segments[0].Tunnels.Pairs = []UplinkPair{{{"a", "b-c"}, {"d", "e"}}}
		}, "two tunnels have this name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			top := twoSites()
			tt.change(top)
			links, err := Expand(top, Known{})
			if links != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}
