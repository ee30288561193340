package adopt

import (
	"fmt"
	"maps"
	"net/netip"
	"strings"

	"jembatan/tunnel"
	"jembatan/tunnel/plan"
)

// A router is one router, read from its newest source.
type router struct {
	*Source

	name    string // in the topology
	own     map[netip.Addr]bool
	uplinks []tunnel.Uplink
}

// rows are the rows of a menu that the router did not make itself.
func (r *router) rows(menu string) []plan.Row {
	var out []plan.Row
	for _, row := range r.Observed.Menus[menu] {
		if !isTrue(row["dynamic"]) {
			out = append(out, row)
		}
	}
	return out
}

func isTrue(v string) bool { return v == "true" || v == "yes" }

// isMarked reports whether a row is some topology's already.
func isMarked(row plan.Row) bool {
	_, _, marked := row.Mark()
	return marked
}

// read enters a source, or drops it for a newer one of the same router.
func (n *network) read(src *Source) {
	r := &router{Source: src, own: map[netip.Addr]bool{}}
	if src.Observed.Unread != "" {
		n.note("", "%s was not read: %s", src.Where, src.Observed.Unread)
		return
	}
	for _, row := range src.Observed.Menus[plan.MenuAddress] {
		if p, err := netip.ParsePrefix(row["address"]); err == nil {
			r.own[p.Addr()] = true
		} else if a, err := netip.ParseAddr(row["address"]); err == nil {
			r.own[a] = true
		}
	}
	for i, other := range n.routers {
		if !same(r, other) {
			continue
		}
		newer, older := r, other
		if !r.isNewer(other) {
			newer, older = other, r
		}
		n.note("", "%s and %s are of one router; %s is newer and taken", older.Where, newer.Where, newer.Where)
		n.routers[i] = newer
		return
	}
	n.routers = append(n.routers, r)
}

// isNewer reports whether r was read after other; of two that do not say, the
// later one in the order of the sources.
func (r *router) isNewer(other *router) bool {
	if r.Live != other.Live {
		return r.Live
	}
	return !r.Time.Before(other.Time)
}

// same reports whether two sources are of one router: they call themselves the
// same and share a tunnel with its MAC address; or all their addresses; or, where
// one is older and the name is somebody's choice, some address.
func same(a, b *router) bool {
	if a.Observed.Identity != b.Observed.Identity {
		return false
	}
	macs := map[string]bool{}
	for _, row := range a.rows(plan.MenuEoIP) {
		macs[row["mac-address"]+" "+row["local-address"]+" "+row["remote-address"]] = row["mac-address"] != ""
	}
	for _, row := range b.rows(plan.MenuEoIP) {
		if macs[row["mac-address"]+" "+row["local-address"]+" "+row["remote-address"]] {
			return true
		}
	}
	shared := 0
	for addr := range a.own {
		if b.own[addr] && addr.String() != factoryAddress {
			shared++
		}
	}
	named := a.Observed.Identity != "" && a.Observed.Identity != factory
	if named && !(a.Live && b.Live) {
		return shared > 0
	}
	return shared > 0 && maps.Equal(a.own, b.own)
}

// factory is what every new router calls itself.
const factory = "MikroTik"

// factoryAddress is what every new router has.
const factoryAddress = "192.168.88.1"

// maxName is the longest name in a topology.
const maxName = 32

// nameRouters gives every router a name of its own.
func (n *network) nameRouters() {
	taken := map[string]bool{}
	for _, r := range n.routers {
		want := r.Observed.Identity
		if want == "" || want == factory {
			want = r.Name
		}
		r.name = unused(cleanName(want, "router"), taken)
		if r.Observed.Identity != "" && r.Observed.Identity != r.name {
			n.note("routers."+r.name, "calls itself %q", r.Observed.Identity)
		}
		n.note("routers."+r.name, "%s", r.origin())
	}
}

// origin says where the router was read.
func (r *router) origin() string {
	version, _, _ := strings.Cut(r.Observed.Version, " ")
	if version != "" {
		version = ", RouterOS " + version
	}
	if r.Live {
		return "read from " + r.Where + version
	}
	if r.Time.IsZero() {
		return "from " + r.Where + version
	}
	return fmt.Sprintf("from %s of %s%s", r.Where, r.Time.Format("2006-01-02"), version)
}

// cleanName makes a name that topologies take, out of any text.
func cleanName(s, instead string) string {
	clean := strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
			return c
		}
		return '-'
	}, s)
	clean = strings.Trim(clean[:min(len(clean), maxName)], "-")
	if clean == "" {
		return instead
	}
	return clean
}

// unused returns name, or name with a number behind it that nobody has.
func unused(name string, taken map[string]bool) string {
	out := name
	for i := 2; taken[out]; i++ {
		suffix := fmt.Sprintf("-%d", i)
		out = name[:min(len(name), maxName-len(suffix))] + suffix
	}
	taken[out] = true
	return out
}

// topologyRouter is a router as the topology has it.
func (n *network) topologyRouter(r *router) tunnel.Router {
	out := tunnel.Router{Name: r.name, Address: r.Address, Credentials: r.Credentials, Uplinks: r.uplinks}
	port := ":8729"
	if r.Credentials.TLS.Off {
		port = ":8728"
	}
	for _, u := range r.uplinks {
		if address := u.Address.String() + port; out.Address == "" && !n.apis[address] {
			out.Address = address
			n.note("routers."+r.name, "address: assumed to be that of its uplink")
		}
	}
	for _, row := range r.rows(plan.MenuAddress) {
		p, err := netip.ParsePrefix(row["address"])
		if err == nil && outer(p.Addr().String()).IsValid() && out.Address == "" && !n.apis[p.Addr().String()+port] && n.owners[p.Addr()] == nil {
			out.Address = p.Addr().String() + port
			n.note("routers."+r.name, "address: assumed to be that of %s", row["interface"])
		}
	}
	if out.Address == "" || n.apis[out.Address] {
		host := strings.ToLower(strings.Trim(strings.ReplaceAll(r.name, "_", "-"), "-")) + ".invalid"
		for i := 2; n.apis[host+port]; i++ {
			host = fmt.Sprintf("router%d.invalid", i)
		}
		out.Address = host + port
		n.open("routers."+r.name, "address: FILL IN, %s is a placeholder", host)
	}
	n.apis[out.Address] = true
	return out
}
