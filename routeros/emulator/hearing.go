package emulator

import "time"

// A hearing is what a receiver knows of a sender that repeats a signal: EoIP
// keepalives, VRRP adverts. It holds arithmetic instead of packets: the sender
// sends at from, from+period, from+2×period…, and whoever asks brings the
// count up to date. The zero value has heard nothing.
type hearing struct {
	from   time.Time     // A moment of the sender's rhythm.
	period time.Duration // Zero: nothing arrives.
	next   time.Time     // The first signal that has not been counted.
	last   time.Time     // The last signal that arrived; zero: none.
	count  uint64
}

// fold counts what has arrived until now.
func (h *hearing) fold(now time.Time) {
	if h.period <= 0 || h.next.After(now) {
		return
	}
	late := now.Sub(h.next)
	h.count += uint64(late/h.period) + 1
	h.last = h.next.Add(late - late%h.period)
	h.next = h.last.Add(h.period)
}

// tune listens to another rhythm from now on; a zero period is silence. What
// was heard before stays heard.
func (h *hearing) tune(now, from time.Time, period time.Duration) {
	h.fold(now)
	if h.period == period && (period == 0 || h.from.Equal(from)) {
		return
	}
	h.from, h.period = from, period
	if period <= 0 {
		return
	}
	h.next = from
	if from.Before(now) {
		h.next = now
		if passed := now.Sub(from) % period; passed > 0 {
			h.next = now.Add(period - passed)
		}
	}
	h.fold(now)
}

// forget drops what was heard; the count stays.
func (h *hearing) forget() { h.last = time.Time{} }

// alive reports whether the sender was heard within timeout.
func (h *hearing) alive(now time.Time, timeout time.Duration) bool {
	h.fold(now)
	return !h.last.IsZero() && now.Before(h.last.Add(timeout))
}

// change returns the next moment at which alive can change by itself.
func (h *hearing) change(now time.Time, timeout time.Duration) (time.Time, bool) {
	if !h.alive(now, timeout) {
		return h.next, h.period > 0
	}
	end := h.last.Add(timeout)
	if h.period > 0 && h.next.Before(end) {
		// Heard again in time, now and for ever after unless the period is
		// longer than the timeout, which h.next < end excludes.
		return time.Time{}, false
	}
	return end, true
}
