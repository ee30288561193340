package app

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"jembatan/tunnel"
	"jembatan/tunnel/audit"
)

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// merge puts live routers and exports together: of several exports of one
// router the newest counts, an export of a live router is compared with it, and
// every router gets a name of its own.
func (a *auditor) merge(in *audit.Input, live []*audit.Router, exports []*export) {
	in.Routers = live
	for _, e := range newest(in, exports) {
		nameFrom(in.Topology, e.router)
		if i := slices.IndexFunc(live, func(r *audit.Router) bool { return sameRouter(r, e.router) }); i >= 0 {
			if d, ok := audit.Differ(e.router, live[i]); ok {
				in.Doubts = append(in.Doubts, d)
			}
			continue
		}
		in.Routers = append(in.Routers, e.router)
	}
	rename(in)
}

// newest drops exports of a router that a newer one stands for, and the same
// text under two names.
func newest(in *audit.Input, exports []*export) []*export {
	var out []*export
	seen := map[string]*export{}
	for _, e := range exports {
		if first := seen[e.digest]; first != nil {
			in.Doubts = append(in.Doubts, doubtAside(audit.DoubtTwice, e, first, "the same export as %s", "ekspor yang sama dengan %s"))
			continue
		}
		seen[e.digest] = e
		i := slices.IndexFunc(out, func(o *export) bool { return sameRouter(o.router, e.router) })
		if i < 0 {
			out = append(out, e)
			continue
		}
		older, newer := e, out[i]
		if newer.router.Source.Time.Before(older.router.Source.Time) {
			older, newer = newer, older
		}
		out[i] = newer
		in.Doubts = append(in.Doubts, doubtAside(audit.DoubtOlder, older, newer, "an older export of the router in %s; not audited", "ekspor lebih lama dari router di %s; tidak diaudit"))
	}
	return out
}

func doubtAside(kind audit.DoubtKind, aside, stands *export, en, id string) audit.Doubt {
	where := stands.router.Source.Where
	return audit.Doubt{
		Kind: kind, Router: aside.router.Name, File: aside.router.Source.Where,
		Say: both(fmt.Sprintf(en, where), fmt.Sprintf(id, where)),
	}
}

// sameRouter reports whether two sources are of one router: by serial number or
// licence where both tell; else by identity and an address that they share; and
// without identities by all addresses and a tunnel's MAC address.
func sameRouter(a, b *audit.Router) bool {
	if a.Serial != "" && b.Serial != "" {
		return strings.EqualFold(a.Serial, b.Serial)
	}
	x, y := traits(a, b)
	switch {
	case a.Identity == "" && b.Identity == "":
		return len(x.addresses) > 0 && maps.Equal(x.addresses, y.addresses) && shareKey(x.macs, y.macs)
	case !strings.EqualFold(a.Identity, b.Identity):
		return a.Source.Kind != b.Source.Kind && a.Name != "" && a.Name == b.Name
	case len(x.addresses) == 0 || len(y.addresses) == 0:
		return shareKey(x.macs, y.macs)
	}
	return shareKey(x.addresses, y.addresses)
}

// A trait set is what tells routers of one name apart.
type traitSet struct{ addresses, macs map[string]bool }

// traits returns the traits of two routers, empty ones when their identities
// differ and nobody will look.
func traits(a, b *audit.Router) (x, y traitSet) {
	if !strings.EqualFold(a.Identity, b.Identity) {
		return x, y
	}
	return traitsOf(a), traitsOf(b)
}

func traitsOf(r *audit.Router) traitSet {
	t := traitSet{map[string]bool{}, map[string]bool{}}
	for i := range r.Menus[audit.MenuEoIP] {
		if mac := r.Menus[audit.MenuEoIP][i].Get("mac-address"); mac != "" {
			t.macs[strings.ToUpper(mac)] = true
		}
	}
	for i := range r.Menus[audit.MenuAddress] {
		address := r.Menus[audit.MenuAddress][i].Get("address")
		if !strings.HasPrefix(address, "192.168.88.1/") { // Every router out of its box has it.
			t.addresses[address] = true
		}
	}
	return t
}

func shareKey(a, b map[string]bool) bool {
	for k := range a {
		if b[k] {
			return true
		}
	}
	return false
}

// nameFrom gives an exported router the name that the topology has for it: by
// identity, by an uplink's address, or by the mark of a tunnel.
func nameFrom(t *tunnel.Topology, r *audit.Router) {
	if t == nil {
		return
	}
	for _, want := range t.Routers {
		if strings.EqualFold(want.Name, r.Identity) || ownsUplink(r, want.Uplinks) {
			r.Name, r.Site = want.Name, want.Site
			return
		}
	}
}

func ownsUplink(r *audit.Router, uplinks []tunnel.Uplink) bool {
	for i := range r.Menus[audit.MenuAddress] {
		p, err := netip.ParsePrefix(r.Menus[audit.MenuAddress][i].Get("address"))
		if err == nil && slices.ContainsFunc(uplinks, func(u tunnel.Uplink) bool { return u.Address == p.Addr() }) {
			return true
		}
	}
	return false
}

// rename makes names unique and tells of routers that share an identity.
func rename(in *audit.Input) {
	first := map[string]*audit.Router{}
	for _, r := range in.Routers {
		o := first[r.Name]
		if o == nil {
			first[r.Name] = r
			continue
		}
		in.Doubts = append(in.Doubts, audit.Doubt{
			Kind: audit.DoubtIdentity, Router: r.Name, File: r.Source.Where,
			Say: both(
				fmt.Sprintf("two routers call themselves %s: here and in %s", r.Name, o.Source.Where),
				fmt.Sprintf("dua router bernama %s: di sini dan di %s", r.Name, o.Source.Where)),
		})
		name := r.Name
		for n := 2; first[name] != nil; n++ {
			name = fmt.Sprintf("%s#%d", r.Name, n)
		}
		r.Name = name
		first[name] = r
	}
}
