//go:build linux

package rehearsal

import "time"

// What the other variants may take longer than NAT in profile lan: wan asks every
// second and wants more misses, and a virtual address moves with the routers'
// announcements.
const (
	wanLonger     = 11500 * time.Millisecond
	vrrpLonger    = 400 * time.Millisecond
	vrrpRowLonger = 500 * time.Millisecond
)

// inAll returns every scenario and, behind each, the same one in the variants that
// it leaves open: profile wan, a virtual address, both.
func inAll(all []Scenario) []Scenario {
	var out []Scenario
	for _, s := range all {
		out = append(out, s)
		if s.Variant.Profile == "" {
			out = append(out, s.inWAN())
		}
		if s.Rivals { // One of them rewrites dst-nat rules.
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
	s.Name += "-wan"
	s.Variant.Profile = "wan"
	s.Settle += wanLonger
	s.Short = false
	s.Expect = s.Expect.longer(wanLonger, wanLonger)
	return s
}

func (s Scenario) withVRRP() Scenario {
	s.Name += "-vrrp"
	s.Variant.VRRP = true
	s.Short = s.Both
	s.Expect = s.Expect.longer(vrrpLonger, vrrpRowLonger)
	switch {
	case s.Apart:
		s.Expect.Ways = []string{nobody}
	case len(s.Expect.Ways) > 0 && s.Expect.Ways[0] != nobody:
		s.Expect.Ways = nil // There is but one.
	}
	return s
}

// longer is an expectation whose limits, where it has some, are longer.
func (e Expect) longer(page, row time.Duration) Expect {
	if e.Gap > 0 {
		e.Gap += page
	}
	if e.RowGap > 0 {
		e.RowGap += row
	}
	return e
}
