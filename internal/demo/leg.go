package demo

import (
	"fmt"
	"strings"
	"time"

	"jembatan/internal/drill"
	"jembatan/internal/load"
)

// A leg is one move of a service: what the controller's history tells of it, and
// what clients saw until the next thing happened.
type leg struct {
	begun, until time.Time // begun: the fault, or the command
	move         drill.Move
	pages, rows  use
}

// A use is how clients of one kind were served during a leg, by all ways.
type use struct {
	sent, lost int
	// gap is the longest time from the beginning of a failed request to the end of
	// the next good one that came the same way.
	gap   time.Duration
	never bool    // some way was not served again
	acked []int64 // rows
	// missing is how many of them some database lacks at the end.
	missing int
}

// useOf counts the requests that were begun during a leg.
func (l *leg) useOf(kind load.Kind, byWay map[string][]load.Record) use {
	var u use
	mine := func(at int64) bool { return at >= l.begun.UnixNano() && at < l.until.UnixNano() }
	for _, records := range byWay {
		for _, r := range records {
			switch {
			case r.Kind != kind || !mine(r.At):
				continue
			case !r.OK:
				u.lost++
			case r.ID != 0:
				u.acked = append(u.acked, r.ID)
			}
			u.sent++
		}
		for _, o := range load.Summarise(records, kind).Outages {
			// What failed first may have been begun just before the fault.
			if o.From < l.until.UnixNano() && (o.Until == 0 || o.Until > l.begun.UnixNano()) {
				u.gap = max(u.gap, o.Took())
				u.never = u.never || o.Until == 0 && l.until.UnixNano()-o.From > int64(atTheEnd)
			}
		}
	}
	return u
}

// atTheEnd is how long before the end of a leg clients may have begun what they did
// not see the end of.
const atTheEnd = 500 * time.Millisecond

// tell prints what the controller did, in order, with the time at which each part
// began and what it took.
func (l *leg) tell(d *demo, w *way) {
	m := &l.move
	words := map[string]string{
		"detect":  "several look from several places, and all miss FROM",
		"decide":  "may it move, and to whom? It is written down first",
		"fence":   "FROM is shut out: should it wake up, no user reaches it",
		"drain":   "TO applies the last that it has received",
		"promote": "TO opens for writes, now the only one",
		"switch":  w.turned,
		"verify":  w.public + " answers again",
	}
	if m.Planned {
		words["fence"] = "FROM is shut out at the routers"
		if m.Parts.Promote != nil {
			words["fence"] = "FROM is closed for writes and shut out at the routers"
		}
		words["drain"] = "TO has all that FROM had, to the last transaction"
	}
	named := strings.NewReplacer("FROM", m.From, "TO", m.To)
	at := time.Duration(0)
	for _, p := range m.Parts.List() {
		if p.Took == nil {
			continue
		}
		d.say("  %7.3f s  %-7s  %7s  %s", at.Seconds(), p.Name, short(*p.Took), named.Replace(words[p.Name]))
		at += *p.Took
	}
	d.say("  %7.3f s  done              users are led to %s", at.Seconds(), m.To)
}

// short writes a time as people read it: 431 ms, 2.41 s.
func short(t time.Duration) string {
	switch {
	case t < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(t.Microseconds())/1000)
	case t < time.Second:
		return fmt.Sprintf("%d ms", t.Milliseconds())
	}
	return fmt.Sprintf("%.2f s", t.Seconds())
}
