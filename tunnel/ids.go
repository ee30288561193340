package tunnel

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
)

// ids is which tunnel ids are spoken for, on each router.
type ids struct {
	known map[string]map[uint16]string // on the routers now
	given map[string]map[uint16]bool   // by this expansion
}

// allotIDs gives every tunnel an id: a pinned one, the one it has, or a hashed
// one, in three rounds, so that who is sure of an id gets it before others look
// for a free one. all is sorted by mark.
func (x *expansion) allotIDs(all []*Tunnel) {
	a := ids{known: x.known.IDs, given: make(map[string]map[uint16]bool)}
	pins, adopts := make(map[string]uint16), make(map[string]bool)
	for i := range x.topology.Segments {
		s := &x.topology.Segments[i]
		adopts[s.Name] = s.Adopt
		for _, p := range s.Tunnels.IDs {
			pins[Mark(s.Name, p.Pair.tunnelName())] = p.ID
		}
	}
	for _, t := range all {
		if id, ok := pins[t.Mark()]; ok {
			x.pin(&a, t, id, adopts[t.Segment])
		}
	}
	var rest []*Tunnel
	for _, t := range all {
		if _, ok := pins[t.Mark()]; ok {
			continue
		}
		if id := x.known.Tunnels[t.Mark()].ID; id != 0 && a.free(t, id) {
			a.give(t, id)
		} else {
			rest = append(rest, t)
		}
	}
	for _, t := range rest {
		if !a.search(t) {
			x.problem(t.Segment, t.Name, "no tunnel id is free on both %s and %s", t.Ends[0].Router, t.Ends[1].Router)
		}
	}
}

// pin gives t the id that the topology asks for. An id held by another tunnel
// of ours is no problem here: that one may move. In a segment that adopts the id
// may be that of the tunnel to adopt. Who compares with the routers finds out.
func (x *expansion) pin(a *ids, t *Tunnel, id uint16, adopts bool) {
	if id == 0 {
		x.problem(t.Segment, t.Name, "tunnel id 0 is not used")
		return
	}
	for _, e := range t.Ends {
		if a.given[e.Router][id] {
			x.problem(t.Segment, t.Name, "tunnel id %d is given twice on %s", id, e.Router)
			return
		}
		if owner, used := a.known[e.Router][id]; used && !isOurs(owner) && !adopts {
			x.problem(t.Segment, t.Name, "tunnel id %d is in use on %s by an interface that is not ours", id, e.Router)
			return
		}
	}
	a.give(t, id)
}

// free reports whether t may have id: nothing else has it at either end.
func (a *ids) free(t *Tunnel, id uint16) bool {
	for _, e := range t.Ends {
		if owner, used := a.known[e.Router][id]; used && owner != t.Mark() || a.given[e.Router][id] {
			return false
		}
	}
	return true
}

func (a *ids) give(t *Tunnel, id uint16) {
	t.ID = id
	for _, e := range t.Ends {
		if a.given[e.Router] == nil {
			a.given[e.Router] = make(map[uint16]bool)
		}
		a.given[e.Router][id] = true
	}
}

// search gives t the first free id at or after its hash, and false if there is
// none.
func (a *ids) search(t *Tunnel) bool {
	start := hash("id", t.Segment, t.Name) % math.MaxUint16
	for i := range uint64(math.MaxUint16) {
		id := uint16(1 + (start+i)%math.MaxUint16)
		if a.free(t, id) {
			a.give(t, id)
			return true
		}
	}
	return false
}

// hash returns 64 bits that depend on the words and their borders.
func hash(words ...string) uint64 {
	h := sha256.New()
	for _, w := range words {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(w))))
		h.Write([]byte(w))
	}
	return binary.BigEndian.Uint64(h.Sum(nil))
}
