//go:build linux

package rehearsal

import (
	"time"

	"jembatan/failover"
)

// serverFaults are the ways in which one server can fail. The three that a LAN has
// to bear within 600 ms come first.
func serverFaults() []Scenario {
	hung := moved().within(10*time.Second, 15*time.Second)
	brief := stays().within(time.Second, 10*time.Second)
	brief.Alerts = []failover.Reason{failover.DatabaseRestarted}
	wan := Variant{Profile: "wan"}
	hung.Own = 5 * time.Second // Its database takes no fence while it hangs, and no commit either.
	return usually([]Scenario{
		{Name: "power-off", About: "the main server loses its power", Steps: []Step{fault("power-off", first)}, Expect: moved(), Short: true, Both: true},
		{
			Name: "power-off-beside", About: "the same, with keepalived and a netwatch carrying the same pages", Short: true, Rivals: true,
			Steps: []Step{fault("power-off", first)}, Expect: moved(), Stay: 5 * time.Second,
		},
		{Name: "cable", About: "its cable is pulled", Steps: []Step{fault("unplug", first)}, Expect: moved(), Short: true},
		{Name: "kill-database", About: "its database dies", Steps: []Step{databaseDies(first)}, Expect: moved(), Short: true},
		{Name: "kill-web", About: "its web server dies: routers look at a port once a second", Steps: []Step{fault("kill", first, "web")}, Expect: moved().within(1600*time.Millisecond, 2*time.Second), Short: true},
		{Name: "freeze", About: "its programs stand still, its kernel answers: the standbys notice after 4 s", Steps: []Step{fault("freeze", first)}, Expect: moved().within(6*time.Second, 7*time.Second), Short: true},
		{Name: "disk-full", About: "its disk is full", Steps: []Step{fault("fill-disk", first)}, Expect: hung, Short: true},
		{
			Name: "database-restarts", About: "its database dies and is there again before profile wan misses it: it is opened again", Short: true, Variant: wan,
			Steps: []Step{databaseDies(first), mend(), holdsAll(second, 30*time.Second)}, Expect: brief,
		},
		{
			Name: "standby-restarts", About: "the same with the database of the next server: it follows again", Short: true, Variant: wan,
			Steps: []Step{databaseDies(second), mend(), holdsAll(second, 30*time.Second)}, Expect: brief,
		},
		{Name: "lock-tables", About: "its database hangs behind FLUSH TABLES WITH READ LOCK", Steps: []Step{fault("lock-tables", first)}, Expect: hung, Short: true},
	})
}
