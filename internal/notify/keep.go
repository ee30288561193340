package notify

import (
	"context"
	"encoding/json"
	"slices"
	"time"
)

// A chore is a file to write or remove.
type chore struct {
	e    *entry
	seq  uint64
	body []byte // nil: remove the file
}

// keep brings the directory up to date until ctx ends.
func (o *Outbox) keep(ctx context.Context) {
	for {
		last := ctx.Err() != nil
		o.mu.Lock()
		work, wait := o.chores(time.Now())
		changed := o.changed
		o.mu.Unlock()
		for _, c := range work {
			o.carryOut(c)
		}
		if last {
			return
		}
		if len(work) > 0 {
			continue
		}
		var timer <-chan time.Time
		if wait > 0 {
			timer = time.After(wait)
		}
		select {
		case <-changed:
		case <-timer:
		case <-ctx.Done():
		}
	}
}

// chores returns what is to be done on disk, else how long until there is
// something; 0 is when something changes. Entries that need not be remembered
// any more are forgotten. o.mu is held.
func (o *Outbox) chores(now time.Time) (work []chore, wait time.Duration) {
	soonest := func(d time.Duration) {
		if wait == 0 || d < wait {
			wait = max(d, time.Millisecond)
		}
	}
	excess := len(o.entries) - o.waiting - o.opts.Limit
	o.entries = slices.DeleteFunc(o.entries, func(e *entry) bool {
		if !e.done() {
			return false
		}
		// What is done is remembered as long as it could be said again.
		if age := now.Sub(e.Alert.At); age < window && excess <= 0 {
			soonest(window - age)
			return false
		}
		excess--
		delete(o.ids, e.Alert.ID)
		if e.file {
			work = append(work, chore{e: e, seq: e.Seq})
		}
		return true
	})
	for _, e := range o.entries {
		switch {
		case !e.dirty:
		case e.kept && now.Before(o.sick):
			soonest(o.sick.Sub(now))
		default:
			body, err := json.Marshal(&e.record)
			if err != nil {
				panic("alert as JSON: " + err.Error()) // a record is texts, numbers and times
			}
			e.dirty = false
			work = append(work, chore{e: e, seq: e.Seq, body: body})
		}
	}
	return work, wait
}

// carryOut does a chore.
func (o *Outbox) carryOut(c chore) {
	var err error
	switch {
	case o.disk == nil:
	case c.body == nil:
		err = o.disk.remove(c.seq)
	default:
		err = o.disk.write(c.seq, c.body)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if c.body == nil {
		return // What could not be removed is removed by the next Open.
	}
	if err != nil {
		if !c.e.kept {
			o.report(Outcome{Alert: c.e.Alert.ID, Service: c.e.Alert.Service, State: Unsaved, Err: brief(err)})
		}
		c.e.dirty = true
		o.sick = time.Now().Add(diskPause)
	} else {
		c.e.file = o.disk != nil
	}
	if !c.e.kept || err != nil {
		c.e.kept = true // Also when the disk has failed: better sent twice than never.
		o.wake()
	}
}
