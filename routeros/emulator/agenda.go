package emulator

import (
	"container/heap"
	"time"
)

// An event is something that will happen to the world at a moment.
type event struct {
	at    time.Time
	seq   uint64
	run   func() // Nil once the event was cancelled.
	index int
}

// agenda is the world's events, earliest first; events of one moment keep the
// order in which they were made, so that a world is deterministic.
type agenda []*event

func (a *agenda) Len() int { return len(*a) }

func (a *agenda) Less(i, j int) bool {
	x, y := (*a)[i], (*a)[j]
	if x.at.Equal(y.at) {
		return x.seq < y.seq
	}
	return x.at.Before(y.at)
}

func (a *agenda) Swap(i, j int) {
	x := *a
	x[i], x[j] = x[j], x[i]
	x[i].index, x[j].index = i, j
}

func (a *agenda) Push(x any) {
	e := x.(*event)
	e.index = len(*a)
	*a = append(*a, e)
}

func (a *agenda) Pop() any {
	old := *a
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*a = old[:len(old)-1]
	e.index = -1
	return e
}

// after schedules run, which the world calls with its lock held.
func (w *World) after(wait time.Duration, run func()) *event {
	return w.at(time.Now().Add(wait), run)
}

// at schedules run for a moment; a moment that has passed means "now".
func (w *World) at(when time.Time, run func()) *event {
	w.seq++
	e := &event{at: when, seq: w.seq, run: run}
	heap.Push(&w.agenda, e)
	w.arm()
	return e
}

// cancel takes e off the agenda; nil and events that have run are fine.
func (w *World) cancel(e *event) {
	if e != nil && e.index >= 0 {
		heap.Remove(&w.agenda, e.index)
	}
}

// arm sets the one timer to the earliest event.
func (w *World) arm() {
	if w.closed || len(w.agenda) == 0 {
		return
	}
	first := w.agenda[0].at
	if w.timer != nil && w.armed.Equal(first) {
		return
	}
	if w.timer != nil {
		w.timer.Stop()
	}
	w.armed = first
	w.timer = time.AfterFunc(time.Until(first), w.tick)
}

// tick runs every event that is due.
func (w *World) tick() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = nil
	now := time.Now()
	for !w.closed && len(w.agenda) > 0 && !w.agenda[0].at.After(now) {
		heap.Pop(&w.agenda).(*event).run()
		w.settle()
	}
	w.arm()
}
