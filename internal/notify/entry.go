package notify

import "time"

// A record is what is on disk of an alert.
type record struct {
	Seq      uint64     `json:"seq"` // order of Enqueue
	Alert    Alert      `json:"alert"`
	Repeated int        `json:"repeated,omitempty"` // not sent again before it
	Lost     int        `json:"lost,omitempty"`     // others that were dropped before it
	Avoid    []string   `json:"avoid,omitempty"`    // sites whose routes come last
	To       []delivery `json:"to"`
}

// A delivery is an alert for one recipient. State is empty while it waits.
type delivery struct {
	Channel string    `json:"channel"`
	To      string    `json:"to"`
	State   State     `json:"state,omitempty"`
	Route   string    `json:"route,omitempty"` // that took it
	Tried   int       `json:"tried,omitempty"`
	At      time.Time `json:"at,omitzero"` // of State
}

// An entry is an alert that waits, or was sent and is remembered for a while.
type entry struct {
	record

	open  int  // deliveries that wait
	dirty bool // what is on disk is older
	kept  bool // it has been on disk, or the disk has failed: it may be sent
	file  bool // there is a file of it
}

// done reports whether nobody waits for it.
func (e *entry) done() bool { return e.open == 0 }

// settle ends a delivery. o.mu is held.
func (o *Outbox) settle(e *entry, d *delivery, s State, now time.Time, out Outcome) {
	d.State, d.Route, d.At = s, out.Route, now
	e.dirty = true
	if e.open--; e.done() {
		o.waiting--
	}
	out.Alert, out.Service, out.Channel, out.To, out.State = e.Alert.ID, e.Alert.Service, d.Channel, d.To, s
	out.Tried, out.Late = d.Tried, now.Sub(e.Alert.At)
	o.report(out)
}
