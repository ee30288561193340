//go:build linux

package rehearsal

import "time"

// wanLonger is what profile wan may take longer than lan: it asks every second and
// wants more misses. A virtual address has no more time than dst-nat.
const wanLonger = 11500 * time.Millisecond

// inAll returns every scenario and, behind each, the same one in the variants that
// it leaves open: profile wan, a virtual address, both; and with MySQL, by dst-nat in
// its own profile.
func inAll(all []Scenario) []Scenario {
	var out []Scenario
	for _, s := range all {
		out = append(out, s)
		if s.Variant.Profile == "" {
			out = append(out, s.inWAN())
		}
		if !s.Variant.VRRP && !s.Rivals && !s.Clean && !s.Three && !s.Once {
			out = append(out, s.withMySQL())
		}
		if s.Rivals || s.Variant.VRRP { // One of the rivals rewrites dst-nat rules.
			continue
		}
		out = append(out, s.withVRRP())
		if s.Variant.Profile == "" {
			out = append(out, s.withVRRP().inWAN())
		}
	}
	return out
}

func (s Scenario) inWAN() Scenario {
	s.Name, s.crossed = s.Name+"-wan", true
	s.Variant.Profile = "wan"
	s.Settle += wanLonger
	s.Short = s.Patient
	s.Expect = s.Expect.longer(wanLonger)
	return s
}

// withMySQL is of no short run: Debian 12 has no MySQL. With semi-sync it has two
// servers, because a MySQL that reads from several loses one link with another.
func (s Scenario) withMySQL() Scenario {
	s.Name, s.crossed = s.Name+"-mysql", true
	s.Variant.MySQL, s.Variant.Pair = true, s.Variant.SemiSync()
	s.Short, s.Both, s.Patient = false, false, false
	return s
}

func (s Scenario) withVRRP() Scenario {
	s.Name, s.crossed = s.Name+"-vrrp", true
	s.Variant.VRRP = true
	s.Short, s.Patient = s.Both, false
	switch {
	case s.Apart:
		s.Expect.Ways = []string{nobody}
	case len(s.Expect.Ways) > 0 && s.Expect.Ways[0] != nobody:
		s.Expect.Ways = nil // There is but one.
	}
	return s
}

// longer is an expectation whose limits, where it has some, are longer.
func (e Expect) longer(by time.Duration) Expect {
	if e.Gap > 0 {
		e.Gap += by
	}
	if e.RowGap > 0 {
		e.RowGap += by
	}
	return e
}
