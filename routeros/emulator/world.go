package emulator

import (
	"errors"
	"fmt"
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

// ErrClosed is returned by calls on a World or Device that was closed.
var ErrClosed = errors.New("emulator: closed")

// A World is a set of devices that know each other's addresses and links: a
// tunnel between two of them runs because the other end answers. It is safe
// for concurrent use. Close ends everything that it started.
type World struct {
	// mu guards everything below and all state of every device but its
	// Faults. Nothing blocks and nothing outside the package is called while
	// it is held.
	mu      sync.Mutex
	devices map[string]*Device
	order   []*Device
	schemas map[Version]*schema
	agenda  agenda
	seq     uint64
	timer   *time.Timer
	armed   time.Time
	closed  bool

	seed  maphash.Seed
	plane Plane            // Nil: this world's own.
	dirty map[*Device]bool // Devices that changed since the last settle.
	links                  // Who reaches whom.
}

// NewWorld returns an empty world.
func NewWorld() *World {
	return &World{
		devices: map[string]*Device{},
		schemas: map[Version]*schema{},
		dirty:   map[*Device]bool{},
		links:   newLinks(),
		seed:    maphash.MakeSeed(),
	}
}

// Add makes a device, powered on and with the configuration of c.
func (w *World) Add(c Config) (*Device, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil, ErrClosed
	}
	if w.devices[c.Name] != nil {
		return nil, fmt.Errorf("add device %s: already have device with such name", c.Name)
	}
	d, err := newDevice(w, c)
	if err != nil {
		return nil, fmt.Errorf("add device %s: %w", c.Name, err)
	}
	w.devices[c.Name] = d
	w.order = append(w.order, d)
	w.dirty[d] = true
	w.settle()
	return d, nil
}

// Device returns the device called name, or nil.
func (w *World) Device(name string) *Device {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.devices[name]
}

// Devices returns every device in the order in which they were added.
func (w *World) Devices() []*Device {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]*Device(nil), w.order...)
}

// Close closes every device and stops time. It returns when every goroutine
// that the world or a device started is gone; connections handed to ServeConn
// are closed.
func (w *World) Close() {
	w.mu.Lock()
	w.closed = true
	if w.timer != nil {
		w.timer.Stop()
	}
	devices := w.order
	w.mu.Unlock()
	for _, d := range devices {
		d.Close()
	}
}

// schema returns the tables of release v.
func (w *World) schema(v Version) *schema {
	if s := w.schemas[v]; s != nil {
		return s
	}
	s := newSchema(v)
	w.schemas[v] = s
	return s
}

// settle brings everything that follows from a change up to date and tells
// the listens.
func (w *World) settle() {
	changed := map[*Device]bool{}
	for range maxSettle {
		if len(w.dirty) == 0 {
			break
		}
		dirty := w.dirty
		w.dirty = map[*Device]bool{}
		for _, d := range w.sorted(dirty) {
			changed[d] = true
			if w.plane != nil {
				w.plane.Configured(d.name)
			}
			w.evaluate(d)
		}
		w.elect()
	}
	for d := range changed {
		d.tellListeners()
	}
}

// maxSettle bounds the rounds of settle. Two are usual: a change and what
// follows from it; a configuration that feeds on itself ends here.
const maxSettle = 8

// sorted returns devices in the order in which they were added.
func (w *World) sorted(set map[*Device]bool) []*Device {
	out := make([]*Device, 0, len(set))
	if len(set) == 1 {
		for d := range set {
			return append(out, d)
		}
	}
	for _, d := range w.order {
		if set[d] {
			out = append(out, d)
		}
	}
	return out
}

// CutPath stops everything that address from sends to address to. The other
// direction stays: see CutBoth.
func (w *World) CutPath(from, to netip.Addr) { w.setCut(from, to, true) }

// RestorePath undoes CutPath.
func (w *World) RestorePath(from, to netip.Addr) { w.setCut(from, to, false) }

// CutBoth stops both directions between two addresses.
func (w *World) CutBoth(a, b netip.Addr) { w.CutPath(a, b); w.CutPath(b, a) }

// RestoreBoth undoes CutBoth.
func (w *World) RestoreBoth(a, b netip.Addr) { w.RestorePath(a, b); w.RestorePath(b, a) }

func (w *World) setCut(from, to netip.Addr, cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if cut {
		w.cuts[path{from, to}] = true
	} else {
		delete(w.cuts, path{from, to})
	}
	w.rewire(time.Now(), append(append([]*tunnelEnd(nil), w.byRemote[from]...), w.byRemote[to]...))
	for _, a := range []netip.Addr{from, to} {
		for _, d := range w.owners[a] {
			w.dirty[d] = true
		}
	}
	w.settle()
}

// SetLink plugs or unplugs an ethernet of a device. It reports whether they
// exist.
func (w *World) SetLink(device, ethernet string, up bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.devices[device]
	if d == nil {
		return false
	}
	r := d.lookup("interface/ethernet", ethernet)
	if r == nil {
		return false
	}
	if d.unplugged == nil {
		d.unplugged = map[uint32]bool{}
	}
	d.unplugged[r.id] = !up
	if !up {
		d.linkDowns++
	}
	w.dirty[d] = true
	w.settle()
	return true
}
