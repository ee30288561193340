package plan

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"jembatan/tunnel"
)

// apiConflict says whether a service takes the port by which its router is
// managed.
func (d *differ) apiConflict(o *object) string {
	r, ok := d.in.Topology.Router(o.router)
	if !ok || o.props["action"] != "dst-nat" {
		return ""
	}
	api, err := netip.ParseAddrPort(r.Address)
	if err != nil || api.Addr().String() != o.props["dst-address"] {
		return ""
	}
	if slices.Contains(strings.Split(o.props["dst-port"], ","), fmt.Sprint(api.Port())) {
		return fmt.Sprintf("%s is how %s is managed; a service there would cut us off", api, o.router)
	}
	return ""
}

// vrrpConflict says what is in the way of a VRRP interface.
func (d *differ) vrrpConflict(o *object) string {
	seen := d.seen[o.router]
	own := d.ours[o.router][MenuVRRP][o.mark]
	for _, row := range seen.Menus[MenuInterface] {
		if row["name"] == o.props["name"] && own["name"] != row["name"] {
			return fmt.Sprintf("%s already has an interface %q that is not ours", o.router, row["name"])
		}
	}
	for _, row := range seen.Menus[MenuVRRP] {
		if row.ID() != own.ID() && row["interface"] == o.props["interface"] && row["vrid"] == o.props["vrid"] {
			return fmt.Sprintf("vrid %s on %s of %s is in use by %q", row["vrid"], row["interface"], o.router, row["name"])
		}
	}
	return ""
}

// addressConflict says whether a virtual address stands elsewhere on its router.
func (d *differ) addressConflict(o *object) string {
	own := d.ours[o.router][MenuAddress][o.mark]
	want, err := netip.ParsePrefix(o.props["address"])
	if err != nil {
		return ""
	}
	for _, row := range d.seen[o.router].Menus[MenuAddress] {
		p, err := netip.ParsePrefix(row["address"])
		if err == nil && p.Addr() == want.Addr() && row.ID() != own.ID() {
			return fmt.Sprintf("%s is already on %s of %s", p.Addr(), row["interface"], o.router)
		}
	}
	return ""
}

// noteServices tells what a person should know about the switches of services.
func (d *differ) noteServices() {
	for i := range d.in.Topology.Services {
		svc := &d.in.Topology.Services[i]
		for _, router := range svc.Switch.Routers() {
			o, ok := d.seen[router]
			if !ok || o.Unread != "" {
				continue
			}
			d.noteSegment(svc, o)
			d.noteTarget(svc, o)
			d.noteFilter(svc, o)
		}
		d.noteWatchers(svc)
	}
}

// noteSegment tells of routers that cannot do all of their part.
func (d *differ) noteSegment(svc *tunnel.Service, o *Observed) {
	_, bridge := segmentOn(d.in.Topology, svc.Segment, o.Router)
	switch {
	case bridge == "":
		d.note(Warning, svc.Name, "%s is not in the segment %s: how it reaches the servers is not known here, and clients of their own subnet cannot use it",
			o.Router, svc.Segment)
	case svc.Switch.VRRP != nil && !slices.ContainsFunc(o.Menus[MenuAddress], func(r Row) bool { return r["interface"] == bridge && !r.is("disabled") }):
		d.note(Warning, svc.Name, "%s of %s has no address: VRRP takes part only from a parent that has one", bridge, o.Router)
	}
	if svc.Switch.NAT == nil {
		return
	}
	public := svc.Switch.Public(o.Router)
	if !slices.ContainsFunc(o.Menus[MenuAddress], func(r Row) bool {
		p, err := netip.ParsePrefix(r["address"])
		return err == nil && p.Addr() == public
	}) {
		d.note(Warning, svc.Name, "%s is on no interface of %s: clients arrive there only if something else leads them", public, o.Router)
	}
}

// noteTarget tells of a rule that leads to none of the service's servers, or
// that another rule above takes the connections of.
func (d *differ) noteTarget(svc *tunnel.Service, o *Observed) {
	mark := tunnel.TargetMark(svc.Name)
	row, exists := d.ours[o.Router][MenuNAT][mark]
	if !exists {
		return
	}
	to := row["to-addresses"]
	if !slices.ContainsFunc(svc.Servers, func(s tunnel.Server) bool { return s.Address.String() == to }) {
		d.note(Warning, svc.Name, "on %s clients are led to %q, which is none of its servers", o.Router, to)
	}
	if above := o.above(MenuNAT, mark, func(r Row) bool {
		return r["chain"] == "dstnat" && r["action"] != "log" && r["action"] != "passthrough" &&
			(r["dst-address"] == "" || r["dst-address"] == row["dst-address"]) && (r["protocol"] == "" || r["protocol"] == row["protocol"]) &&
			(r["dst-port"] == "" || r["dst-port"] == row["dst-port"])
	}); above != "" {
		d.note(Warning, svc.Name, "on %s the rule %s stands above ours and may take its connections; move ours up", o.Router, above)
	}
}

// noteFilter tells of what a fence does not see.
func (d *differ) noteFilter(svc *tunnel.Service, o *Observed) {
	if slices.ContainsFunc(o.Menus[MenuFilter], func(r Row) bool {
		return r["action"] == "fasttrack-connection" && !r.is("disabled") && !r.is("dynamic")
	}) {
		d.note(Info, svc.Name, "%s fasttracks connections: a block rule sees those of clients only after their entries are deleted, which the failover does",
			o.Router)
	}
	for _, server := range svc.Servers {
		above := o.above(MenuFilter, tunnel.BlockMark(svc.Name, server.Name), func(r Row) bool {
			return r["chain"] == "forward" && (r["action"] == "accept" || r["action"] == "fasttrack-connection" || r["action"] == "jump")
		})
		if above != "" {
			d.note(Warning, svc.Name, "on %s the rule %s stands above the block of %s, which then fences nothing; move ours up", o.Router, above, server.Name)
			return
		}
	}
}

// above returns the id of the first enabled rule of others that stands above
// our rule of that mark and is caught, or "".
func (o *Observed) above(path, mark string, caught func(Row) bool) string {
	ours := slices.IndexFunc(o.Menus[path], func(r Row) bool { return r.HasMark(mark) })
	for _, row := range o.Menus[path][:max(ours, 0)] {
		_, _, marked := row.Mark()
		if !marked && !row.is("dynamic") && !row.is("disabled") && caught(row) {
			return row.ID()
		}
	}
	return ""
}
