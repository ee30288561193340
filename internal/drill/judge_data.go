package drill

import (
	"fmt"
	"strings"
)

// judgeData counts what was lost and compares what was promised to be the same.
func (r *Report) judgeData() {
	if !r.Before.Made() {
		return
	}
	checks := []*DataCheck{&r.Before}
	if n := r.Before.GTID.Surplus; n > 0 {
		r.fail(DataDiffers, fmt.Sprintf("%s held %d transactions that %s did not, before anything was moved", r.Before.Standby, n, r.Before.Active), "")
	}
	proven, lost := len(r.Legs) > 0, uint64(0)
	for i := range r.Legs {
		leg := &r.Legs[i]
		if leg.Before.Made() {
			checks = append(checks, &leg.Before)
		}
		if leg.After.Made() {
			checks = append(checks, &leg.After)
		}
		proven = proven && leg.After.Made() && leg.After.GTID.State != NotCompared
		lost += leg.After.GTID.Surplus
	}
	switch {
	case lost > 0:
		r.Measured.Lost = &lost
		r.fail(RPOMissed, fmt.Sprintf("%d transactions of the old server are not on the new one", lost), "compare them before the old server is joined again")
	case proven:
		r.Measured.Lost = &lost
	default:
		r.condition(RPOUnproven, "transactions could not be compared: %s", firstWhy(checks))
	}
	r.judgeChecks(checks)
}

func (r *Report) judgeChecks(checks []*DataCheck) {
	unseen := ""
	for _, c := range checks {
		about := c.Active + " and " + c.Standby
		if c.GTID.Missing > 0 {
			r.condition(StandbyBehind, "%s lacked %d transactions of %s when it was compared", c.Standby, c.GTID.Missing, c.Active)
		}
		if c.Tables.State == Differs {
			r.fail(TablesDiffer, fmt.Sprintf("%d tables on %s: %s", c.Tables.Differ, about, strings.Join(differing(c.Tables), ", ")), "")
		}
		if c.Tables.State == NotCompared && unseen == "" {
			unseen = fmt.Sprintf("%s: %s", about, c.Tables.Why)
			if c.Tables.Equal+c.Tables.Differ > 0 {
				unseen = fmt.Sprintf("%s: %d of %d tables: %s", about, c.Tables.Skipped, len(c.Tables.Tables), c.Tables.Why)
			}
		}
	}
	if unseen != "" {
		r.condition(TablesUnseen, "%s", unseen)
	}
}

func differing(c TableCheck) []string {
	var out []string
	for _, t := range c.Tables {
		if t.State == Differs {
			out = append(out, t.Name)
		}
	}
	return out
}

func firstWhy(checks []*DataCheck) string {
	for _, c := range checks {
		if c.GTID.Why != "" {
			return c.GTID.Why
		}
	}
	return "a check is missing"
}
