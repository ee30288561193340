package tunnel

import (
	"net/netip"
	"slices"
)

// Names, within a service's scope, of the objects that its switch has on a
// router. The failover finds them by these marks and rewrites them.
const (
	switchTarget   = "dnat"
	switchHairpin  = "hairpin"
	switchSource   = "source."
	switchBlock    = "block."
	switchInstance = "vrrp"
	switchAddress  = "vrrp.address"
)

// TargetMark is the mark of the dst-nat rule that leads a service's clients to
// its active server.
func TargetMark(service string) string { return Mark(service, switchTarget) }

// HairpinMark is the mark of the rule that lets clients of the servers' own
// subnet use a service.
func HairpinMark(service string) string { return Mark(service, switchHairpin) }

// SourceMark is the mark of the rule that hides a service's clients behind their
// router from a server at another site.
func SourceMark(service, server string) string { return Mark(service, switchSource+server) }

// BlockMark is the mark of the filter rule that keeps a service's clients from
// one of its servers while it is enabled.
func BlockMark(service, server string) string { return Mark(service, switchBlock+server) }

// VRRPMark is the mark of a service's VRRP interface.
func VRRPMark(service string) string { return Mark(service, switchInstance) }

// VRRPAddressMark is the mark of the address on that interface.
func VRRPAddressMark(service string) string { return Mark(service, switchAddress) }

// VRRPName is the name of a service's VRRP interface.
func VRRPName(service string) string { return "vrrp-" + service }

// Priorities of a service's VRRP instances. 255 is the address's owner, which
// RouterOS cannot be (RFC 5798, 5.2.4; MikroTik manual, "VRRP").
const (
	// VRRPChosen is the priority of the router that the failover has chosen.
	// It is high because a backup takes over after (256 - priority) / 256 of an
	// interval when the master says goodbye.
	VRRPChosen = 250

	vrrpFirst = 200
	vrrpStep  = 5
	vrrpLeast = 10
)

// VRRPPriority is the standing priority of the router at that place of the
// switch's list: 200 and then less, always below VRRPChosen.
func VRRPPriority(place int) int { return max(vrrpFirst-vrrpStep*place, vrrpLeast) }

// Routers returns the routers that a service's switch is on, in order.
func (s *Switch) Routers() []string {
	switch {
	case s.NAT != nil:
		return s.NAT.On
	case s.VRRP != nil:
		return s.VRRP.On
	}
	return nil
}

// Public returns the address by which clients reach the service on a router;
// the zero Addr for a router that the switch is not on.
func (s *Switch) Public(router string) netip.Addr {
	switch {
	case s.NAT != nil:
		return s.NAT.To[router]
	case s.VRRP != nil && slices.Contains(s.VRRP.On, router):
		return s.VRRP.Address
	}
	return netip.Addr{}
}
