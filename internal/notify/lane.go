package notify

import (
	"context"
	"errors"
	"slices"
	"time"

	"jembatan/tunnel"
)

// A lane is the way of a channel to one recipient: one message at a time, in
// order.
type lane struct {
	channel *Channel
	to      string

	// Guarded by Outbox.mu.
	pause time.Duration // after the next failure
	until time.Time     // when to try again
}

// hurry ends a pause.
func (l *lane) hurry() { l.pause, l.until = 0, time.Time{} }

// fail begins a pause.
func (l *lane) fail(now time.Time) {
	l.pause = min(max(2*l.pause, firstPause), lastPause)
	l.until = now.Add(l.pause)
}

// serve delivers over a lane until ctx ends.
func (o *Outbox) serve(ctx context.Context, l *lane) {
	for ctx.Err() == nil {
		o.mu.Lock()
		e, d, wait := o.next(l, time.Now())
		changed := o.changed
		var job job
		if d != nil {
			job = o.job(e)
		}
		o.mu.Unlock()
		if d != nil {
			o.deliver(ctx, l, e, d, job)
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

// diskPatience is how long an alert waits until it is on disk. A disk that hangs
// must not keep it back: better sent twice than never.
const diskPatience = 5 * time.Second

// next returns what a lane has to deliver now, else how long until it may look
// again; 0 is when something changes. o.mu is held.
func (o *Outbox) next(l *lane, now time.Time) (*entry, *delivery, time.Duration) {
	for _, e := range o.entries {
		d := e.delivery(l)
		if d == nil || d.State != "" {
			continue
		}
		if now.Sub(e.Alert.At) >= maxAge {
			o.settle(e, d, Expired, now, Outcome{})
			o.wake()
			continue
		}
		if wait := e.Alert.At.Add(diskPatience).Sub(now); !e.kept && wait > 0 {
			return nil, nil, wait
		}
		if wait := l.until.Sub(now); wait > 0 {
			return nil, nil, wait
		}
		return e, d, 0
	}
	return nil, nil, 0
}

func (e *entry) delivery(l *lane) *delivery {
	for i := range e.To {
		if d := &e.To[i]; d.Channel == l.channel.Name && d.To == l.to {
			return d
		}
	}
	return nil
}

// A job is what a try needs to know.
type job struct {
	message Message
	avoid   []string
}

func (o *Outbox) job(e *entry) job {
	return job{message: o.opts.message(e.Alert, Extra{Repeated: e.Repeated, Lost: e.Lost}), avoid: e.Avoid}
}

// Message puts an alert into words.
func (opts *Options) Message(a Alert) Message { return opts.message(a, Extra{}) }

func (opts *Options) message(a Alert, x Extra) Message {
	x.Local = opts.Local
	return Message{
		ID: a.ID, At: a.At, Urgent: a.Severity == tunnel.SeverityCritical,
		Letter: Mail(a, opts.Language, x), Short: Short(a, opts.Language),
	}
}

// deliver tries the routes of a lane one after the other, once.
func (o *Outbox) deliver(ctx context.Context, l *lane, e *entry, d *delivery, j job) {
	routes := l.channel.inOrder(j.avoid)
	refused := 0
	for _, r := range routes {
		began := time.Now()
		err := r.Try(ctx, l.to, j.message)
		if ctx.Err() != nil && err != nil {
			return // It is not known what became of it; it is tried again.
		}
		now := time.Now()
		out := Outcome{Route: r.Name, Took: now.Sub(began)}
		o.mu.Lock()
		d.Tried++
		if err == nil {
			l.hurry()
			if d.State == "" {
				o.settle(e, d, Delivered, now, out)
			}
			o.wake()
			o.mu.Unlock()
			return
		}
		out.Alert, out.Service, out.Channel, out.To, out.State = e.Alert.ID, e.Alert.Service, d.Channel, d.To, Failed
		out.Tried, out.Late, out.Err = d.Tried, now.Sub(e.Alert.At), brief(err)
		o.report(out)
		if _, no := errors.AsType[*RefusedError](err); no {
			refused++
		}
		o.wake()
		o.mu.Unlock()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	if refused == len(routes) {
		if d.State == "" {
			o.settle(e, d, Refused, now, Outcome{})
		}
	} else {
		l.fail(now)
	}
	o.wake()
}

// inOrder returns the routes, those at sites to avoid last.
func (c *Channel) inOrder(avoid []string) []*Route {
	var first, last []*Route
	for i := range c.Routes {
		r := &c.Routes[i]
		if r.Site != "" && slices.Contains(avoid, r.Site) {
			last = append(last, r)
		} else {
			first = append(first, r)
		}
	}
	return append(first, last...)
}

// brief is the text of an error as one line, not too long.
func brief(err error) string { return line(err.Error()) }
