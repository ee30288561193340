//go:build linux

package rehearsal

import (
	"time"

	"jembatan/failover"
)

// siteLease is the TTL of scenarios in which a site is lost.
const siteLease = 3 * time.Second

// siteFaults are those after which nobody can reach the old server. The segment is
// a mesh: with the lost site as its hub no other two sites would see each other.
func siteFaults() []Scenario {
	lease, hold := Variant{Mesh: true, Lease: siteLease}, Variant{Mesh: true}
	unproven := held(failover.Fencing, failover.SiteHold, failover.RoutersUnreached)
	unproven.Ways = []string{nobody}
	bySite := moved().within(siteLease+LeaseMargin+4*time.Second, siteLease+LeaseMargin+5*time.Second)
	bySite.Ways = []string{"sby"}
	// The users of its own site go on writing while the lease runs, and the other
	// server is opened only after it.
	cut := []Step{local(), fault("cut", "jkt.metro"), fault("cut", "jkt.lte")}
	reboot := moved()
	reboot.Active, reboot.Phase, reboot.AtMost, reboot.Alerts = append(reboot.Active, first), append(away(), failover.Normal, failover.Forked), true, nil
	reboot = reboot.within(10*time.Second, 12*time.Second)
	reboot.Own = 3 * time.Second
	return usually([]Scenario{
		{Name: "site-lost-lease", About: "the whole site is lost, site_loss: lease", Variant: lease, Steps: []Step{fault("site-down", "jkt")}, Expect: bySite, Short: true},
		{Name: "site-lost-hold", About: "the same, site_loss: hold", Variant: hold, Steps: []Step{fault("site-down", "jkt"), wait(3 * time.Second)}, Expect: unproven, Short: true},
		{Name: "site-cut-lease", About: "the site's WAN is cut, its own users go on writing; lease", Variant: lease, Steps: cut, Expect: bySite, Short: true},
		{Name: "site-cut-hold", About: "the same, hold", Variant: hold, Steps: append(cut, wait(3*time.Second)), Expect: unproven, Short: true},
		{Name: "router-reboot", About: "the router of the main server reboots, 2 s", Variant: hold, Steps: []Step{fault("reboot", "jkt", "2s")}, Expect: reboot, Short: true},
	})
}
