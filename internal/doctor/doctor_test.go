package doctor_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"jembatan/internal/doctor"
	"jembatan/routeros"
)

var now = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

// fit is a router with nothing to complain about.
func fit() (doctor.Patient, doctor.Facts) {
	p := doctor.Patient{Name: "jkt", User: "jembatan", Tunnels: 2, Addresses: []string{"198.51.100.1"}, Ports: []string{"ether2"}}
	one := func(pairs ...string) []map[string]string {
		m := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return []map[string]string{m}
	}
	return p, doctor.Facts{At: now, Errs: map[string]error{}, Rows: map[string][]map[string]string{
		"/system/resource":    one("version", "7.20.8 (stable)"),
		"/system/license":     one("level", "p1"),
		"/system/device-mode": one("mode", "advanced", "scheduler", "true", "flagged", "false"),
		"/system/clock":       one("date", "2026-11-22", "time", "15:00:01", "gmt-offset", "+07:00"),
		"/user":               one("name", "jembatan", "group", "jembatan"),
		"/user/group":         one("name", "jembatan", "policy", "read,write,test,api,!local,!ftp"),
		"/user/active":        one("name", "jembatan", "via", "api-ssl"),
		"/ip/service":         one("name", "api-ssl", "max-sessions", "20", "dynamic", "false"),
		"/ip/address":         one("address", "198.51.100.1/24", "interface", "ether1"),
		"/interface":          one("name", "ether2", "running", "true"),
		"/safe-mode":          one("enabled", "false"),
	}}
}

func TestFitRouter(t *testing.T) {
	checks := doctor.Diagnose(fit())
	if w := doctor.Worst(checks); w != doctor.Good || len(checks) != 11 {
		t.Errorf("%d checks, worst %v: %+v", len(checks), w, checks)
	}
}

// TestComplaints spoils one thing at a time: exactly that check must change.
func TestComplaints(t *testing.T) {
	noCommand := fmt.Errorf("print: %w", routeros.ErrNoCommand)
	type spoil func(p *doctor.Patient, f *doctor.Facts)
	set := func(menu, name, value string) spoil {
		return func(_ *doctor.Patient, f *doctor.Facts) { f.Rows[menu][0][name] = value }
	}
	fail := func(menu string, err error) spoil {
		return func(_ *doctor.Patient, f *doctor.Facts) { delete(f.Rows, menu); f.Errs[menu] = err }
	}
	for name, c := range map[string]struct {
		spoil spoil
		check string
		state doctor.State
		found string
	}{
		"plaintext":       {func(p *doctor.Patient, f *doctor.Facts) { p.Plaintext = true; f.Rows["/ip/service"][0]["name"] = "api" }, "encryption", doctor.Warn, "tls: off"},
		"very old":        {set("/system/resource", "version", "6.42.7 (stable)"), "release", doctor.Warn, "6.42.7"},
		"too new":         {set("/system/resource", "version", "7.99beta1 (testing)"), "release", doctor.Warn, "7.99"},
		"no version":      {set("/system/resource", "version", "seven"), "release", doctor.Unknown, "seven"},
		"resource unread": {fail("/system/resource", errors.New("no")), "release", doctor.Unknown, "could not read"},
		"free":            {set("/system/license", "level", "free"), "licence", doctor.Warn, "CHR free"},
		"level 1": {func(_ *doctor.Patient, f *doctor.Facts) {
			f.Rows["/system/license"][0] = map[string]string{"nlevel": "1"}
		}, "licence", doctor.Bad, "level 1, 2 tunnels"},
		"level 3": {func(_ *doctor.Patient, f *doctor.Facts) {
			f.Rows["/system/license"][0] = map[string]string{"nlevel": "3"}
		}, "licence", doctor.Warn, "level 3"},
		"no licence menu":     {fail("/system/license", noCommand), "licence", doctor.Unknown, "could not read"},
		"scheduler blocked":   {set("/system/device-mode", "scheduler", "no"), "device-mode", doctor.Warn, "blocked"},
		"flagged":             {set("/system/device-mode", "flagged", "yes"), "device-mode", doctor.Bad, "suspicious"},
		"no write":            {set("/user/group", "policy", "read,test,api,!write"), "policies", doctor.Bad, "lacks write"},
		"too much":            {set("/user/group", "policy", "read,write,test,api,reboot"), "policies", doctor.Warn, "more than is needed: reboot"},
		"user not to be seen": {set("/user", "name", "other"), "policies", doctor.Unknown, "not to be seen"},
		"clock":               {set("/system/clock", "time", "16:00:01"), "clock", doctor.Warn, "1h0m1s away"},
		"old clock":           {set("/system/clock", "date", "nov/22/2026"), "clock", doctor.Good, "1s away"},
		"strange clock":       {set("/system/clock", "date", "yesterday"), "clock", doctor.Unknown, "yesterday"},
		"no session left":     {set("/ip/service", "max-sessions", "3"), "sessions", doctor.Warn, "1 of 3"},
		"safe mode held": {func(_ *doctor.Patient, f *doctor.Facts) {
			f.Rows["/safe-mode"][0] = map[string]string{"enabled": "true", "user": "anna"}
		}, "guard", doctor.Warn, "anna"},
		"scheduler guard":   {fail("/safe-mode", noCommand), "guard", doctor.Good, "dead-man scheduler"},
		"address elsewhere": {set("/ip/address", "address", "192.0.2.7/24"), "uplinks", doctor.Bad, "198.51.100.1"},
		"port missing":      {set("/interface", "name", "sfp1"), "ports", doctor.Bad, "ether2"},
		"port without link": {set("/interface", "running", "false"), "ports", doctor.Warn, "no link"},
	} {
		t.Run(name, func(t *testing.T) {
			p, f := fit()
			c.spoil(&p, &f)
			checks := doctor.Diagnose(p, f)
			for _, got := range checks {
				switch {
				case got.Name == c.check && (got.State != c.state || !strings.Contains(got.Found, c.found)):
					t.Errorf("%+v, want %v with %q", got, c.state, c.found)
				case got.Name != c.check && got.State != doctor.Good:
					t.Errorf("%s: something else changed: %+v", name, got)
				case got.State != doctor.Good && got.State != doctor.Unknown && got.Do == "":
					t.Errorf("no advice: %+v", got)
				}
			}
		})
	}
}

func TestNoConnection(t *testing.T) {
	p, _ := fit()
	for _, err := range []error{
		errors.New("dial: connection refused"), fmt.Errorf("x: %w", routeros.ErrLogin), fmt.Errorf("x: %w", routeros.ErrCertificate),
	} {
		checks := doctor.Diagnose(p, doctor.Facts{Err: err})
		if len(checks) != 1 || checks[0].State != doctor.Bad || checks[0].Do == "" {
			t.Errorf("%v: %+v", err, checks)
		}
	}
}

// TestNothingReadIsNotWell: if no menu can be read, nothing is called good that
// was not seen.
func TestNothingReadIsNotWell(t *testing.T) {
	p, f := fit()
	for _, menu := range slices.Collect(maps.Keys(f.Rows)) {
		delete(f.Rows, menu)
		f.Errs[menu] = errors.New("not enough permissions (9)")
	}
	for _, c := range doctor.Diagnose(p, f) {
		if c.State == doctor.Good && c.Name != "connection" && c.Name != "encryption" {
			t.Errorf("%+v", c)
		}
	}
}
