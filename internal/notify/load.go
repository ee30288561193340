package notify

import (
	"encoding/json"
	"os"
	"time"
)

// load takes up what an earlier process has left. It is called before anybody
// else has the Outbox.
func (o *Outbox) load() error {
	files, names, err := o.disk.read()
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	for _, name := range names {
		e := &entry{kept: true, file: true}
		if err := json.Unmarshal(files[name], &e.record); err != nil || o.disk.path(e.Seq) != name {
			o.report(Outcome{State: Unsaved, Err: "a file of an alert cannot be read: " + name})
			_ = os.Rename(name, name+badSuffix) // Else it is found again next time.
			continue
		}
		o.seq = max(o.seq, e.Seq)
		o.resume(e, now)
	}
	return nil
}

// resume goes on with an alert. Recipients that the configuration does not have
// any more are left out. o.mu is held.
func (o *Outbox) resume(e *entry, now time.Time) {
	for i := range e.To {
		if e.To[i].State == "" {
			e.open++
		}
	}
	o.add(e)
	for i := range e.To {
		if d := &e.To[i]; d.State == "" && !o.known(d) {
			o.settle(e, d, Dropped, now, Outcome{})
		}
	}
	o.avoid(e.Alert)
	if now.Sub(e.Alert.At) < window {
		o.say(said{e.Alert.Service, e.Alert.Server, e.Alert.Reason}, e.Alert)
	}
}

func (o *Outbox) known(d *delivery) bool {
	for _, l := range o.lanes {
		if l.channel.Name == d.Channel && l.to == d.To {
			return true
		}
	}
	return false
}
