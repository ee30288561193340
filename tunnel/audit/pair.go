package audit

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
)

// A rank says how well two ends fit; higher is better.
type rank int

const (
	rankNone      rank = iota
	rankAddresses      // the addresses point at each other, the ids differ
	rankNames          // the same id, addresses unknown, and one name tells of the other router
	rankInner          // the same id, addresses unknown, and both interfaces lie in one subnet, or carry one mark
	rankHalf           // the same id and one address points at the other, whose own is behind a NAT or unknown
	rankLoose          // the same id and addresses of the two routers, though not the ones that the other uses
	rankFull           // the same id, the addresses point at each other
)

// why says how two ends were found to belong together.
func (k rank) why() Text {
	switch k {
	case rankFull:
		return say("by addresses and id", "dari alamat dan id")
	case rankLoose:
		return say("by id and the routers' addresses; another local address than the one that the peer uses",
			"dari id dan alamat router; alamat lokal lain dari yang dipakai lawan")
	case rankHalf:
		return say("by id and one address; the other end is behind a NAT or its address is not known",
			"dari id dan satu alamat; ujung lain di balik NAT atau alamatnya tidak diketahui")
	case rankInner:
		return say("by id and the subnet or mark inside; the outer addresses are not known",
			"dari id dan subnet atau tanda di dalam; alamat luar tidak diketahui")
	case rankNames:
		return say("by id and names; the outer addresses are not known", "dari id dan nama; alamat luar tidak diketahui")
	case rankAddresses:
		return say("by addresses; the ids differ", "dari alamat; id berbeda")
	case rankNone:
	}
	return Text{}
}

// pairing finds the other end of every end.
type pairing struct {
	net  *Network
	byID map[int][]*End
	// at holds the ends whose remote address belongs to a router, by router.
	at map[*Router][]*End
}

// pair makes the tunnels of the network.
func (n *Network) pair() {
	p := pairing{n, map[int][]*End{}, map[*Router][]*End{}}
	for _, e := range n.ends {
		p.byID[e.ID] = append(p.byID[e.ID], e)
		for _, r := range n.owners[e.Remote] {
			p.at[r] = append(p.at[r], e)
		}
	}
	for k := rankFull; k > rankNone; k-- {
		p.round(k, func(e, f *End) bool { return !e.off() && !f.off() })
		p.round(k, func(*End, *End) bool { return true })
		if k == rankLoose || k == rankNames || k == rankAddresses {
			p.ambiguous(k)
		}
	}
	for _, e := range n.ends {
		if e.Tunnel == nil {
			n.single(e)
		}
	}
	slices.SortFunc(n.Tunnels, func(a, b *Tunnel) int { return cmp.Compare(a.Subject(), b.Subject()) })
}

// round joins every two ends that have no better choice than each other.
func (p *pairing) round(k rank, fits func(e, f *End) bool) {
	for _, e := range p.net.ends {
		if e.Tunnel != nil {
			continue
		}
		f := p.choose(e, k, fits)
		if f == nil || p.choose(f, k, fits) != e {
			continue
		}
		t := &Tunnel{State: Paired, Why: k.why(), Ends: [2]*End{e, f}}
		if k == rankAddresses {
			t.State = Mismatched
		}
		if f.String() < e.String() {
			t.Ends = [2]*End{f, e}
		}
		e.Tunnel, f.Tunnel = t, t
		p.net.Tunnels = append(p.net.Tunnels, t)
	}
}

// choose returns the one end that fits e, by marks and names where several do;
// nil when there is none or it cannot be told.
func (p *pairing) choose(e *End, k rank, fits func(e, f *End) bool) *End {
	all := p.candidates(e, k, fits)
	if len(all) == 1 {
		return all[0]
	}
	for _, same := range []func(f *End) bool{
		func(f *End) bool { return e.Mark != "" && f.Mark == e.Mark },
		func(f *End) bool { return f.ID == e.ID },
		func(f *End) bool { return f.Name == e.Name },
	} {
		if some := keep(all, same); len(some) == 1 {
			return some[0]
		}
	}
	return nil
}

func keep(all []*End, want func(*End) bool) []*End {
	var out []*End
	for _, e := range all {
		if want(e) {
			out = append(out, e)
		}
	}
	return out
}

// candidates returns the free ends of other routers that fit e at rank k.
func (p *pairing) candidates(e *End, k rank, fits func(e, f *End) bool) []*End {
	from := p.byID[e.ID]
	if k == rankAddresses {
		from = p.at[e.Router]
	}
	var out []*End
	for _, f := range from {
		if f.Router != e.Router && f.Tunnel == nil && p.net.rank(e, f) == k && fits(e, f) && !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}

// ambiguous marks what round could not decide.
func (p *pairing) ambiguous(k rank) {
	lost := map[*End][]*End{}
	for _, e := range p.net.ends {
		if e.Tunnel != nil {
			continue
		}
		for from := rankFull; from >= k; from-- {
			if all := p.candidates(e, from, func(e, f *End) bool { return e.off() == f.off() }); len(all) > 1 {
				lost[e] = all
				break
			}
		}
	}
	for _, e := range p.net.ends {
		if len(lost[e]) == 0 {
			continue
		}
		names := make([]string, len(lost[e]))
		for i, f := range lost[e] {
			names[i] = f.String()
		}
		list := strings.Join(names, ", ")
		e.Tunnel = &Tunnel{
			State: Ambiguous, Ends: [2]*End{e}, Candidates: lost[e],
			Why: say("several ends fit equally well: %s", "beberapa ujung sama cocoknya: %s", list),
		}
		p.net.Tunnels = append(p.net.Tunnels, e.Tunnel)
	}
}

// rank says how well two ends of different routers fit.
func (n *Network) rank(e, f *End) rank {
	eToF, fToE := n.pointsAt(e, f), n.pointsAt(f, e)
	if e.ID != f.ID {
		if eToF && fToE && exact(e, f) && exact(f, e) {
			return rankAddresses
		}
		return rankNone
	}
	switch {
	case eToF && fToE && exact(e, f) && exact(f, e):
		return rankFull
	case eToF && fToE:
		return rankLoose
	case eToF && !n.managed(f.Remote), fToE && !n.managed(e.Remote):
		return rankHalf
	case n.managed(e.Remote) || n.managed(f.Remote):
		return rankNone
	case e.Mark != "" && e.Mark == f.Mark, sameSubnet(e, f):
		return rankInner
	case tells(e, f) || tells(f, e):
		return rankNames
	}
	return rankNone
}

// exact reports whether f sends from the address that e sends to, as far as f
// says.
func exact(e, f *End) bool { return !f.Local.IsValid() || !e.Remote.IsValid() || f.Local == e.Remote }

// pointsAt reports whether e's remote address is f's.
func (n *Network) pointsAt(e, f *End) bool {
	if e.Remote.IsValid() {
		return f.Local == e.Remote || slices.Contains(n.owners[e.Remote], f.Router)
	}
	// The cloud name of a router is its serial number: <serial>.sn.mynetname.net.
	serial, rest, _ := strings.Cut(strings.ToLower(e.RemoteName), ".")
	return serial != "" && strings.HasPrefix(rest, "sn.") && strings.EqualFold(serial, f.Router.Serial)
}

// managed reports whether an address belongs to a router of the audit.
func (n *Network) managed(a netip.Addr) bool { return a.IsValid() && len(n.owners[a]) > 0 }

// sameSubnet reports whether the two interfaces have addresses of one subnet.
func sameSubnet(e, f *End) bool {
	for _, a := range e.Router.addrs {
		if a.iface != e.Name || a.row == nil {
			continue
		}
		for _, b := range f.Router.addrs {
			if b.iface == f.Name && b.row != nil && a.prefix.Addr() != b.prefix.Addr() && a.prefix.Bits() < a.prefix.Addr().BitLen() &&
				a.prefix.Masked() == b.prefix.Masked() {
				return true
			}
		}
	}
	return false
}

// tells reports whether the name or comment of e speaks of f's router.
func tells(e, f *End) bool {
	const least = 3
	text := strings.ToLower(e.Name + " " + e.Row.Get("comment"))
	for _, name := range []string{f.Router.Identity, f.Router.Name, f.Router.Site} {
		name = strings.ToLower(name)
		if len(name) >= least && name != "mikrotik" && strings.Contains(text, name) {
			return true
		}
	}
	return false
}

// single makes a tunnel of an end whose other one was not found.
func (n *Network) single(e *End) {
	t := &Tunnel{State: Foreign, Ends: [2]*End{e}}
	remote := e.RemoteName
	if e.Remote.IsValid() {
		remote = e.Remote.String()
	}
	t.Why = say("%s belongs to no router of this audit", "%s bukan milik router mana pun dalam audit ini", remote)
	for _, r := range n.owners[e.Remote] {
		if r == e.Router {
			t.State, t.Why = OneSided, say("%s is an address of this router itself", "%s adalah alamat router ini sendiri", remote)
			continue
		}
		t.Peer = r.Name
		if why, ok := r.Known(MenuEoIP); !ok {
			t.State, t.Why = PeerUnread, say("%s has this address, but %s", "%s punya alamat ini, tetapi %s", r.Name, why)
			break
		}
		t.State = OneSided
		t.Why = say("%s has this address, but no tunnel back with id %d", "%s punya alamat ini, tetapi tidak ada tunnel balik dengan id %d", r.Name, e.ID)
		break
	}
	if name, ok := n.unreadAt[e.Remote]; ok && t.State == Foreign {
		t.State, t.Peer = PeerUnread, name
		t.Why = say("%s has this address, but could not be read", "%s punya alamat ini, tetapi tidak terbaca", name)
	}
	e.Tunnel = t
	n.Tunnels = append(n.Tunnels, t)
}
