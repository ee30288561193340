package doctor

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"jembatan/routeros"
)

// Clocks further apart than this confuse logs, locks and schedules.
const maxSkew = 2 * time.Minute

func (d *diagnosis) clock() {
	row, ok := d.row("clock", menuClock)
	if !ok {
		return
	}
	at, err := parseClock(row["date"], row["time"], row["gmt-offset"])
	if err != nil {
		d.add("clock", Unknown, fmt.Sprintf("%s %s %s", row["date"], row["time"], row["gmt-offset"]), "")
		return
	}
	skew := at.Sub(d.facts.At).Round(time.Second)
	if skew.Abs() > maxSkew {
		d.add("clock", Warn, fmt.Sprintf("%v away from ours", skew), "set up NTP on the router and here")
		return
	}
	d.add("clock", Good, fmt.Sprintf("%v away from ours", skew), "")
}

// parseClock reads /system/clock: ISO dates from 7.10, "jan/02/2006" before.
func parseClock(date, clock, offset string) (time.Time, error) {
	if offset == "" {
		offset = "+00:00"
	}
	if len(date) == len("jan/02/2006") && strings.Count(date, "/") == 2 {
		date = strings.ToUpper(date[:1]) + date[1:]
	}
	for _, layout := range []string{time.DateOnly, "Jan/02/2006"} {
		if t, err := time.Parse(layout+" "+time.TimeOnly+" -07:00", date+" "+clock+" "+offset); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("no such date %q", date)
}

// fewSessions is how many free API sessions are too few: ours, one to look
// while it works, and one in reserve.
const fewSessions = 3

func (d *diagnosis) sessions() {
	services, ok := d.rows("sessions", menuService)
	if !ok {
		return
	}
	active, ok := d.rows("sessions", menuActive)
	if !ok {
		return
	}
	service := "api-ssl"
	if d.patient.Plaintext {
		service = "api"
	}
	used := 0
	for _, a := range active {
		if a["via"] == service || a["via"] == "api" {
			used++
		}
	}
	for _, s := range services {
		most, err := strconv.Atoi(s["max-sessions"])
		if s["name"] != service || isTrue(s["dynamic"]) || err != nil {
			continue
		}
		found := fmt.Sprintf("%d of %d in use", used, most)
		if most-used < fewSessions {
			d.add("sessions", Warn, found, "/ip/service/set "+service+" max-sessions=20, and find out who holds them")
			return
		}
		d.add("sessions", Good, found, "")
		return
	}
	d.add("sessions", Good, fmt.Sprintf("%d in use; this release has no limit that can be read", used), "")
}

func (d *diagnosis) guard() {
	scheduler := true
	if rows := d.facts.Rows[menuDeviceMode]; len(rows) > 0 && rows[0]["scheduler"] != "" {
		scheduler = isTrue(rows[0]["scheduler"])
	}
	err, safe := d.facts.Errs[menuSafeMode], d.facts.Rows[menuSafeMode]
	switch {
	case err == nil && len(safe) > 0 && isTrue(safe[0]["enabled"]):
		d.add("guard", Warn, "safe mode is held by "+safe[0]["user"], "wait, or release it on the router")
	case err == nil:
		d.add("guard", Good, "safe mode over the API", "")
	case !errors.Is(err, routeros.ErrNoCommand):
		d.add("guard", Unknown, "could not read "+menuSafeMode+": "+firstLine(err), "")
	case scheduler:
		d.add("guard", Good, "dead-man scheduler", "")
	default:
		d.add("guard", Bad, "neither safe mode nor the scheduler", "changes here need --unguarded: nothing would undo them by itself")
	}
}

func (d *diagnosis) addresses() {
	if len(d.patient.Addresses) == 0 {
		return
	}
	rows, ok := d.rows("uplinks", menuAddress)
	if !ok {
		return
	}
	own := map[string]bool{}
	for _, row := range rows {
		if p, err := netip.ParsePrefix(row["address"]); err == nil && !isTrue(row["disabled"]) {
			own[p.Addr().String()] = true
		}
	}
	var missing []string
	for _, a := range d.patient.Addresses {
		if !own[a] {
			missing = append(missing, a)
		}
	}
	if len(missing) > 0 {
		d.add("uplinks", Bad, "not on any interface: "+strings.Join(missing, ", "), "correct the uplink, or say nat: true if a NAT owns the address")
		return
	}
	d.add("uplinks", Good, strings.Join(d.patient.Addresses, ", "), "")
}

func (d *diagnosis) ports() {
	if len(d.patient.Ports) == 0 {
		return
	}
	rows, ok := d.rows("ports", menuInterface)
	if !ok {
		return
	}
	var names, missing, down []string
	for _, row := range rows {
		names = append(names, row["name"])
		if slices.Contains(d.patient.Ports, row["name"]) && !isTrue(row["running"]) {
			down = append(down, row["name"])
		}
	}
	for _, p := range d.patient.Ports {
		if !slices.Contains(names, p) {
			missing = append(missing, p)
		}
	}
	switch {
	case len(missing) > 0:
		d.add("ports", Bad, "no such interface: "+strings.Join(missing, ", "), "correct the member's ports")
	case len(down) > 0:
		d.add("ports", Warn, "no link: "+strings.Join(down, ", "), "check the cable")
	default:
		d.add("ports", Good, strings.Join(d.patient.Ports, ", "), "")
	}
}
