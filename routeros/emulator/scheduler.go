package emulator

import (
	"strconv"
	"time"
)

// A job is one entry of /system/scheduler that is waiting for its time.
type scheduled struct {
	row   *row
	event *event
	next  time.Time // zero: never
	runs  int       // since boot
}

// startupDelay is how long after boot an entry with start-time=startup runs
// (MikroTik manual, Scheduler).
const startupDelay = 3 * time.Second

// syncScheduler makes every entry of the scheduler wait for its time, and those
// that are gone no longer. An entry that was changed waits anew. Several that
// are due at once run in the order of the list.
func (d *Device) syncScheduler() {
	m := d.schema.menus["system/scheduler"]
	seen := map[uint32]bool{}
	for _, r := range d.table(m).rows {
		seen[r.id] = true
		s := d.jobs[r.id]
		if d.on && s != nil && s.row == r {
			continue
		}
		if s == nil {
			if d.jobs == nil {
				d.jobs = map[uint32]*scheduled{}
			}
			s = &scheduled{}
			d.jobs[r.id] = s
		}
		d.w.cancel(s.event)
		s.row, s.event, s.next = r, nil, d.firstRun(r)
		d.await(s)
	}
	for id, s := range d.jobs {
		if !seen[id] {
			d.w.cancel(s.event)
			delete(d.jobs, id)
		}
	}
}

// await puts the next run of s on the agenda.
func (d *Device) await(s *scheduled) {
	if !s.next.IsZero() {
		s.event = d.w.at(s.next, func() { d.runScheduled(s) })
	}
}

// firstRun returns when an entry runs first: at its start, or, when that has
// passed, whole intervals behind it. Whoever gives no start gets the moment of
// the add, and so waits one interval. After a boot an entry with an interval
// waits one from there. Zero is never.
func (d *Device) firstRun(r *row) time.Time {
	if !d.on || r.is("disabled") || !d.allows("scheduler") {
		return time.Time{}
	}
	now := time.Now()
	interval, _ := parseDuration(r.get("interval"))
	if r.get("start-time") == "startup" {
		if at := d.booted.Add(startupDelay); at.After(now) {
			return at
		}
		return time.Time{}
	}
	start, err := time.Parse(time.DateTime, r.get("start-date")+" "+r.get("start-time"))
	switch {
	case err != nil:
		return time.Time{}
	case start.After(now):
		return start
	case interval <= 0:
		return time.Time{}
	case d.booted.After(start):
		start = d.booted
	}
	return now.Add(interval - now.Sub(start)%interval)
}

// runScheduled runs one entry with its own policies and its owner's name, and
// lets it wait again. An entry may remove itself.
func (d *Device) runScheduled(s *scheduled) {
	if !d.on || d.jobs[s.row.id] != s {
		return
	}
	s.runs++
	s.event = nil
	interval, _ := parseDuration(s.row.get("interval"))
	s.next = time.Time{}
	if interval > 0 {
		s.next = time.Now().Add(interval)
	}
	who := caller{user: s.row.get("owner"), may: parsePolicy(s.row.get("policy"))}
	source := s.row.get("on-event")
	if script := d.find(d.schema.menus["system/script"], source); script != nil {
		who.may, source = parsePolicy(script.get("policy")), script.get("source")
	}
	if _, err := d.runText(who, source); err != nil {
		d.log("script,error", "scheduler "+s.row.name()+": "+err.Error())
	}
	d.w.settle()
	if d.jobs[s.row.id] == s && s.event == nil {
		d.await(s)
	}
}

// nextRun and runCount are what an entry shows of itself.
func nextRun(d *Device, r *row) (string, bool) {
	s := d.jobs[r.id]
	if s == nil || s.next.IsZero() {
		return "", false
	}
	return formatTime(d.version, s.next.UTC()), true
}

func runCount(d *Device, r *row) (string, bool) {
	if s := d.jobs[r.id]; s != nil {
		return strconv.Itoa(s.runs), true
	}
	return "0", true
}

// dropJobs forgets what waits: after a boot everything waits anew.
func (d *Device) dropJobs() {
	for _, s := range d.jobs {
		d.w.cancel(s.event)
	}
	d.jobs = nil
}
