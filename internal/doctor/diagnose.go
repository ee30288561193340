package doctor

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"jembatan/routeros"
)

// Diagnose turns what a router answered into checks, in a fixed order.
func Diagnose(p Patient, f Facts) []Check {
	d := &diagnosis{patient: p, facts: f}
	if f.Err != nil {
		d.add("connection", Bad, firstLine(f.Err), connectionAdvice(f.Err))
		return d.checks
	}
	d.add("connection", Good, "answers and accepts the login", "")
	for _, examine := range []func(){
		d.encryption, d.release, d.licence, d.deviceMode, d.policies, d.clock, d.sessions, d.guard, d.addresses, d.ports,
	} {
		examine()
	}
	return d.checks
}

// diagnosis collects the checks of one router.
type diagnosis struct {
	patient Patient
	facts   Facts
	checks  []Check
}

func (d *diagnosis) add(name string, s State, found, do string) {
	d.checks = append(d.checks, Check{Router: d.patient.Name, Name: name, State: s, Found: found, Do: do})
}

// row returns the only row of a menu. Without one it adds an Unknown check of
// that name and returns false.
func (d *diagnosis) row(name, menu string) (map[string]string, bool) {
	rows, ok := d.rows(name, menu)
	if !ok {
		return nil, false
	}
	if len(rows) == 0 {
		d.add(name, Unknown, menu+" printed nothing", "")
		return nil, false
	}
	return rows[0], true
}

func (d *diagnosis) rows(name, menu string) ([]map[string]string, bool) {
	if err := d.facts.Errs[menu]; err != nil {
		d.add(name, Unknown, "could not read "+menu+": "+firstLine(err), "give the API user's group the policy read")
		return nil, false
	}
	return d.facts.Rows[menu], true
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

func connectionAdvice(err error) string {
	switch {
	case errors.Is(err, routeros.ErrLogin):
		return "check user and password, and that /user address= allows this host"
	case errors.Is(err, routeros.ErrCertificate):
		return "the router shows another certificate than the topology pins: find out why before anything else"
	}
	return "check the address, that /ip/service api-ssl is enabled with a certificate, and firewalls in between"
}

func (d *diagnosis) encryption() {
	if d.patient.Plaintext {
		d.add("encryption", Warn, "tls: off", "bootstrap prints how to set up api-ssl; then remove tls: off")
		return
	}
	d.add("encryption", Good, "api-ssl, certificate checked", "")
}

// Releases that the emulator and the tests know.
var oldest, newest = [2]int{6, 49}, [2]int{7, 24} //nolint:gochecknoglobals // Two numbers.

func (d *diagnosis) release() {
	row, ok := d.row("release", menuResource)
	if !ok {
		return
	}
	v, err := routeros.ParseVersion(row["version"])
	switch {
	case err != nil:
		d.add("release", Unknown, "version "+strconv.Quote(row["version"]), "")
	case !v.AtLeast(oldest[0], oldest[1]):
		d.add("release", Warn, "RouterOS "+row["version"], fmt.Sprintf("nobody has tried releases before %d.%d", oldest[0], oldest[1]))
	case v.AtLeast(newest[0], newest[1]+1):
		d.add("release", Warn, "RouterOS "+row["version"], fmt.Sprintf("newer than the newest release that was tried, %d.%d", newest[0], newest[1]))
	default:
		d.add("release", Good, "RouterOS "+row["version"], "")
	}
}

// licence judges how many tunnels the licence allows. MikroTik's own texts
// disagree on level 3.
func (d *diagnosis) licence() {
	row, ok := d.row("licence", menuLicense)
	if !ok {
		return
	}
	level, tunnels := row["level"]+row["nlevel"], d.patient.Tunnels
	n, err := strconv.Atoi(row["nlevel"])
	switch {
	case row["level"] == "free":
		d.add("licence", Warn, "CHR free", "every interface is limited to 1 Mbit/s")
	case err == nil && n <= 1 && tunnels > 1:
		d.add("licence", Bad, fmt.Sprintf("level %d, %d tunnels wanted", n, tunnels), "one EoIP tunnel at most: upgrade the licence")
	case err == nil && n == 3 && tunnels > 1:
		d.add("licence", Warn, fmt.Sprintf("level 3, %d tunnels wanted", tunnels), "sources disagree on its limit of EoIP tunnels: try it")
	case level == "":
		d.add("licence", Unknown, "the router does not say its level", "")
	default:
		d.add("licence", Good, "level "+level, "")
	}
}

func (d *diagnosis) deviceMode() {
	if err := d.facts.Errs[menuDeviceMode]; errors.Is(err, routeros.ErrNoCommand) {
		d.add("device-mode", Good, "this release has none", "")
		return
	}
	row, ok := d.row("device-mode", menuDeviceMode)
	switch {
	case !ok:
	case isTrue(row["flagged"]):
		d.add("device-mode", Bad, "flagged: RouterOS has found suspicious files", "examine the router; it may be compromised")
	case row["scheduler"] != "" && !isTrue(row["scheduler"]):
		d.add("device-mode", Warn, row["mode"]+": the scheduler is blocked",
			"no dead-man guard: /system/device-mode/update scheduler=yes (needs a button press or a power cut)")
	default:
		d.add("device-mode", Good, row["mode"], "")
	}
}

func isTrue(v string) bool { return v == "true" || v == "yes" }

// Policies that the API user needs, and those that nothing here needs.
func needed() []string { return []string{"read", "write", "test", "api"} }

func (d *diagnosis) policies() {
	users, ok := d.rows("policies", menuUser)
	if !ok {
		return
	}
	groups, ok := d.rows("policies", menuGroup)
	if !ok {
		return
	}
	policy, found := "", false
	for _, u := range users {
		if u["name"] != d.patient.User {
			continue
		}
		for _, g := range groups {
			if g["name"] == u["group"] {
				policy, found = g["policy"], true
			}
		}
	}
	if !found {
		d.add("policies", Unknown, "the group of user "+d.patient.User+" is not to be seen", "")
		return
	}
	has := strings.Split(policy, ",")
	var lacks, extra []string
	for _, p := range needed() {
		if !slices.Contains(has, p) {
			lacks = append(lacks, p)
		}
	}
	for _, p := range has {
		if !strings.HasPrefix(p, "!") && p != "sensitive" && !slices.Contains(needed(), p) {
			extra = append(extra, p)
		}
	}
	switch {
	case len(lacks) > 0:
		d.add("policies", Bad, "lacks "+strings.Join(lacks, ","), "bootstrap prints the group that is needed")
	case len(extra) > 0:
		d.add("policies", Warn, "has more than is needed: "+strings.Join(extra, ","), "bootstrap prints the group that is enough")
	default:
		d.add("policies", Good, strings.Join(needed(), ",")+" and no more", "")
	}
}
