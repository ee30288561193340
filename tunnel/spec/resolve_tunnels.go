package spec

import (
	"slices"
	"time"

	"jembatan/tunnel"
)

func (r *resolver) tunnels(e *entry[rawSegment]) tunnel.TunnelSettings {
	raw := &e.value.tunnels.value
	out := tunnel.TunnelSettings{
		MTU:        raw.mtu.or(defaultTunnelMTU),
		Keepalive:  raw.keepalive.or(tunnel.Keepalive{Interval: time.Second, Retries: 3}),
		IPsec:      r.secret(raw.ipsec.value.secret),
		Redundancy: raw.redundancy.or(tunnel.Bond),
	}
	if raw.redundancy.value == tunnel.RSTP && e.value.shape.value == tunnel.Mesh {
		r.problem(raw.redundancy.place, "a mesh runs without spanning tree; give bond or none")
	}
	seen := make(map[tunnel.UplinkPair]place)
	count := make(map[[2]string]int)
	for _, p := range raw.pairs.value {
		pair, ok := r.pair(e, p)
		if !ok || !unique(r, seen, sortedPair(pair), p.place, "this pair is given twice") {
			continue
		}
		key := sortedPair(pair)
		routers := [2]string{key[0].Router, key[1].Router}
		if count[routers]++; count[routers] == 3 {
			r.problem(p.place, "a third pair between %s and %s; at most two are used", routers[0], routers[1])
		}
		out.Pairs = append(out.Pairs, pair)
	}
	seen = make(map[tunnel.UplinkPair]place)
	for _, i := range raw.ids.value {
		pair, ok := r.pair(e, i.value.between)
		if !ok || !unique(r, seen, sortedPair(pair), i.value.between.place, "the id of this tunnel is given twice") {
			continue
		}
		if i.value.bond.set && out.Redundancy != tunnel.Bond {
			r.problem(i.value.bond.place, "there is no bond with redundancy %s", out.Redundancy)
		}
		out.IDs = append(out.IDs, tunnel.PinnedID{
			Pair: pair, ID: uint16(i.value.id.value), Names: twoNames(i.value.names), Bonds: twoNames(i.value.bond),
		})
	}
	return out
}

// twoNames are the names of a list of two; empty when it is not given.
func twoNames(raw given[[]given[string]]) (out [2]string) {
	if raw.set {
		out[0], out[1] = raw.value[0].value, raw.value[1].value
	}
	return out
}

// pair looks up the two uplinks of a tunnel.
func (r *resolver) pair(e *entry[rawSegment], raw given[[]given[tunnel.UplinkRef]]) (pair tunnel.UplinkPair, ok bool) {
	if !raw.set {
		return pair, false
	}
	ok = true
	for i, end := range raw.value {
		pair[i] = end.value
		ok = end.set && r.knownUplink(e, end) && ok
	}
	if ok && pair[0].Router == pair[1].Router {
		r.problem(raw.place, "both uplinks are on %s", pair[0].Router)
		return pair, false
	}
	return pair, ok
}

func (r *resolver) knownUplink(e *entry[rawSegment], ref given[tunnel.UplinkRef]) bool {
	if !r.knownRouter(ref.place, ref.value.Router) || !r.knownMember(e, ref.place, ref.value.Router) {
		return false
	}
	uplinks := r.routers[ref.value.Router].value.uplinks.value
	if slices.ContainsFunc(uplinks, func(u entry[rawUplink]) bool { return u.name == ref.value.Uplink }) {
		return true
	}
	r.problem(ref.place, "router %s has no uplink %s%s", ref.value.Router, quote(ref.value.Uplink),
		didYouMean(ref.value.Uplink, names(uplinks)))
	return false
}

func sortedPair(p tunnel.UplinkPair) tunnel.UplinkPair {
	if p[0].Router > p[1].Router {
		p[0], p[1] = p[1], p[0]
	}
	return p
}
