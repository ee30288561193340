package emulator

import (
	"strings"
	"time"
)

func trimSlashes(s string) string { return strings.Trim(s, "/") }

// fate is what becomes of a sentence on the wire.
type fate int

const (
	fateUnknown fate = iota
	fateSend
	fateCut
	fateStall // Send it after the stall.
)

// due returns when a reply of this moment may leave.
func (f *Faults) due() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.latency == 0 && f.jitter == 0 {
		return time.Time{}
	}
	wait := f.latency
	if f.jitter > 0 {
		wait += time.Duration(f.random.Int64N(int64(f.jitter)))
	}
	return time.Now().Add(wait)
}

// sentence decides the fate of one outgoing sentence and returns the bytes
// that leave for it.
func (f *Faults) sentence(data []byte) ([]byte, fate) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stall != nil {
		return nil, fateStall
	}
	if f.garbage != nil {
		data, f.garbage = f.garbage, nil
	}
	if f.halfAfter > 0 {
		if f.halfAfter--; f.halfAfter == 0 {
			return data[:len(data)/2], fateCut
		}
	}
	if f.cutAfter > 0 {
		if f.cutAfter--; f.cutAfter == 0 {
			return data, fateCut
		}
	}
	return data, fateSend
}

// moving returns a channel that is closed when the stall ends; nil: no stall.
func (f *Faults) moving() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stall == nil {
		return nil
	}
	return f.stall
}

func (f *Faults) drops() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.noConnections
}

func (f *Faults) refusesLogin() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.noLogin
}

// unreadable refuses to read a menu.
func (f *Faults) unreadable(menu string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for name, message := range f.broken {
		if trimSlashes(name) == menu {
			return trapf(categoryGeneral, "%s", message)
		}
	}
	return nil
}

// before refuses a command, and notes whether its reply will be lost. Faults
// do not touch what Do does.
func (f *Faults) before(c *call, write bool) error {
	if !write || c.isDo {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.noPermission {
		return noPermission()
	}
	for _, menu := range []string{c.menu.path, ""} {
		if err := f.writes[menu].count(); err != nil {
			return err
		}
	}
	if f.lose > 0 {
		if f.lose--; f.lose == 0 {
			c.lost = true
		}
	}
	return nil
}

// add refuses an add.
func (f *Faults) add(menu string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.adds[menu].count()
}

// count counts a call down and returns the trap when it is the one.
func (n *nth) count() error {
	if n == nil || n.n == 0 {
		return nil
	}
	if n.n--; n.n > 0 {
		return nil
	}
	return trapf(NoCategory, "%s", n.message)
}
