package vrrp

import (
	"errors"
	"fmt"

	"jembatan/failover/actuator"
)

// held says why nothing may be changed, for every router; nil when it may.
func (m *move) held() []actuator.RouterReport {
	var highest uint64
	adverts := map[string]string{}
	for _, router := range m.a.service.Routers {
		if v := m.view(router); v.why == 0 {
			highest = max(highest, v.epoch)
			adverts[v.adverts] = router
		}
	}
	refuse := func(why actuator.Reason, err error) []actuator.RouterReport {
		return m.a.each(func(router string) actuator.RouterReport {
			r := m.describe(router)
			if v := m.view(router); v.why != 0 && router != m.chosen {
				r.State, r.Reason, r.Err = actuator.Behind, v.why, v.err
				return r
			}
			r.State, r.Reason, r.Err, r.Epoch = actuator.Refused, why, err, max(r.Epoch, highest)
			return r
		})
	}
	chosen := m.view(m.chosen)
	switch masters := m.masters(); {
	case highest > m.epoch:
		return refuse(actuator.HigherEpoch, fmt.Errorf("epoch %d is higher than %d", highest, m.epoch))
	case m.chosen == "":
		return refuse(actuator.NoRouter, errors.New("no router of the switch answers"))
	case chosen.why != 0:
		return refuse(chosen.why, fmt.Errorf("the chosen router %s: %w", m.chosen, chosen.err))
	case len(adverts) > 1:
		return refuse(actuator.Mismatched, fmt.Errorf("they discard each other's adverts: %v", adverts))
	case len(masters) > 1:
		return refuse(actuator.BothMasters, fmt.Errorf("%v are master: they do not hear each other", masters))
	}
	return nil
}

// describe is what is known of a router.
func (m *move) describe(router string) actuator.RouterReport {
	v := m.view(router)
	return actuator.RouterReport{Router: router, State: actuator.Proven, Epoch: v.epoch, Master: v.why == 0 && v.master}
}

// judge says whether a router plays its part: the chosen one is master, the
// others are not, and each is in its place under our epoch.
func (m *move) judge(router string) actuator.RouterReport {
	r, v, chosen := m.describe(router), m.view(router), m.view(m.chosen)
	fail := func(s actuator.State, why actuator.Reason, err error) actuator.RouterReport {
		r.State, r.Reason, r.Err = s, why, err
		return r
	}
	switch {
	case v.why == actuator.HigherEpoch:
		return fail(actuator.Refused, v.why, v.err)
	case v.why != 0:
		return fail(actuator.Behind, v.why, v.err)
	case v.epoch < m.epoch || v.place() != m.a.standing(router, m.chosen):
		return fail(actuator.Behind, actuator.OtherEpoch, fmt.Errorf("%+v under epoch %d", v.place(), v.epoch))
	case router == m.chosen && !v.master:
		return fail(actuator.Behind, actuator.NoMaster, errors.New("it has not taken over"))
	case router != m.chosen && v.master && chosen.why == 0 && chosen.master:
		return fail(actuator.Behind, actuator.BothMasters, fmt.Errorf("%s is master too", m.chosen))
	case router != m.chosen && v.master:
		return fail(actuator.Behind, actuator.OtherMaster, errors.New("it is master"))
	}
	return r
}
