package drill

import (
	"fmt"
	"strings"
	"time"
)

// judge settles what was measured, the findings and the verdict from what the
// report holds. Findings that were made on the way stay.
func (r *Report) judge() {
	r.judgeService()
	r.judgeBetween()
	r.judgeData()
	for i := range r.Legs {
		r.judgeLeg(&r.Legs[i])
	}
	r.judgeRest()
	r.Verdict = verdictOf(r.Findings)
}

func (r *Report) fail(c Code, about, advice string) {
	r.Findings = append(r.Findings, Finding{Code: c, Fails: true, About: about, Advice: advice})
}

func (r *Report) condition(c Code, format string, args ...any) {
	r.Findings = append(r.Findings, Finding{Code: c, About: fmt.Sprintf(format, args...)})
}

// judgeService compares outages with the promise.
func (r *Report) judgeService() {
	looked := false
	var worst time.Duration
	for _, leg := range r.Legs {
		for i := range leg.Paths {
			p := &leg.Paths[i]
			if p.Sent == 0 {
				continue
			}
			looked = true
			worst = max(worst, p.Longest)
			if !p.Recovered() {
				r.fail(NotRecovered, fmt.Sprintf("%s through %s, to %s", p.Address, p.Router, leg.Move.To), "")
			}
			if len(p.Outages) > 1 {
				r.condition(Unsteady, "%d outages through %s, to %s", len(p.Outages), p.Router, leg.Move.To)
			}
		}
	}
	if !looked {
		r.condition(NoClientView, "no request was sent as a client would")
		return
	}
	r.Measured.RTO = &worst
	if worst > r.Objective.RTO {
		r.fail(RTOMissed, fmt.Sprintf("%v, promised %v", worst.Round(time.Millisecond), r.Objective.RTO), "")
	}
}

// blink is how long an outage outside of the moves may be that nobody remarks on:
// networks lose a request now and then.
const blink = time.Second

// judgeBetween looks for outages that no move explains. Whether the service was
// away or the way to it, the client cannot tell.
func (r *Report) judgeBetween() {
	var worst time.Duration
	where := ""
	for i := range r.Client.Paths {
		p := &r.Client.Paths[i]
		for _, o := range p.Outages {
			if o.To.IsZero() {
				o.To = p.To
			}
			if took := o.To.Sub(o.From); took > worst && !r.moving(o.From) {
				worst, where = took, fmt.Sprintf("%s through %s at %s UTC", p.Address, p.Router, o.From.UTC().Format("15:04:05"))
			}
		}
	}
	about := fmt.Sprintf("up to %v: %s", worst.Round(time.Millisecond), where)
	switch {
	case worst > r.Objective.RTO:
		r.fail(Between, about, "")
	case worst > blink:
		r.condition(Between, "%s", about)
	}
}

// moving reports whether a moment belongs to a move, until clients had recovered.
func (r *Report) moving(at time.Time) bool {
	for _, leg := range r.Legs {
		for _, p := range leg.Paths {
			if !at.Before(p.From) && at.Before(p.To) {
				return true
			}
		}
	}
	return false
}

func (r *Report) judgeLeg(leg *Leg) {
	if leg.Refused > 0 {
		r.condition(BackDelayed, "%d times refused: %s", leg.Refused, leg.Waited)
	}
	if leg.Move.End == Done && leg.After.Made() && leg.Resync == nil {
		r.condition(NotResynced, "%s after the move to %s", leg.Move.From, leg.Move.To)
	}
	again := 0
	for _, e := range leg.Move.Effects {
		if e.Failure != "" {
			again++
		}
	}
	if again > 0 {
		r.condition(EffectsFailed, "%d on the way to %s", again, leg.Move.To)
	}
}

func (r *Report) judgeRest() {
	unsent := 0
	for _, p := range r.Client.Paths {
		unsent += p.Unsent
	}
	if unsent > 0 {
		r.condition(ClientBlind, "%d requests", unsent)
	}
	if len(r.Manual) > 0 {
		r.condition(HandsOn, "%s", strings.Join(r.Manual, "; "))
	}
	if lost := undelivered(r.Alerts); lost > 0 {
		r.condition(AlertsLost, "%d", lost)
	}
	if !r.Journal.Verified {
		r.fail(JournalBroken, r.Journal.Problem, "")
	}
}

// undelivered counts the alerts that did not get through to somebody, by any try.
func undelivered(all []Alert) int {
	through := map[string]bool{}
	for _, a := range all {
		if a.Delivery {
			through[a.ID] = through[a.ID] || a.Delivered
		}
	}
	lost := 0
	for _, ok := range through {
		if !ok {
			lost++
		}
	}
	return lost
}
