package emulator

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

// A Device is one emulated router. It is made by World.Add and is safe for
// concurrent use.
type Device struct {
	w       *World
	name    string
	version Version
	schema  *schema
	mode    string
	old     bool // Challenge login.
	faults  Faults
	wait    sync.WaitGroup // Goroutines and connections of this device.

	// Guarded by w.mu.
	on         bool
	closed     bool
	booted     time.Time
	tables     map[string]*table
	nextID     map[string]uint32
	size       int // Of all values that were given.
	current    *action
	history    []*action
	lastAction uint32
	safe       safeMode
	sessions   []*session
	greeting   map[net.Conn]bool // Connections that are not sessions yet.
	lastActive uint32
	listens    []net.Listener
	listening  []*listener
	unplugged  map[uint32]bool
	linkDowns  int
	state      // What the world makes of the configuration.
	logs       []logLine
	jobs       map[uint32]*scheduled // Entries of the scheduler, by id.
	lastJob    uint32                // Of /execute.
	managed    netip.Addr            // See ManagedAt.
	notice     time.Duration
	modems     modemState
}

func newPowered(w *World, c Config, v Version) *Device {
	return &Device{
		w: w, name: c.Name, version: v, schema: w.schema(v), mode: c.DeviceMode, old: c.OldLogin,
		on: true, booted: time.Now(),
	}
}

// Name returns the name that the device has in its world.
func (d *Device) Name() string { return d.name }

// Version returns the release that the device runs.
func (d *Device) Version() Version { return d.version }

// Faults returns the device's faults: what can be made to go wrong.
func (d *Device) Faults() *Faults { return &d.faults }

// Serve accepts connections until l is closed or the device is, and serves
// them. It returns nil after Close, else what Accept returned. It closes l.
func (d *Device) Serve(l net.Listener) error {
	if !d.adopt(l) {
		_ = l.Close()
		return ErrClosed
	}
	defer d.wait.Done()
	for {
		conn, err := l.Accept()
		if err != nil {
			_ = l.Close()
			if d.isClosed() || errors.Is(err, net.ErrClosed) {
				return nil
			}
			return err
		}
		if !d.enter() {
			_ = conn.Close()
			continue
		}
		go func() {
			defer d.wait.Done()
			d.serve(conn)
		}()
	}
}

// adopt takes l over, so that Close closes it.
func (d *Device) adopt(l net.Listener) bool {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	if d.closed {
		return false
	}
	d.listens = append(d.listens, l)
	d.wait.Add(1)
	return true
}

// enter counts one more goroutine, unless the device is closed.
func (d *Device) enter() bool {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	if d.closed {
		return false
	}
	d.wait.Add(1)
	return true
}

func (d *Device) isClosed() bool {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	return d.closed
}

// ServeConn serves one connection and returns when it is closed, by either
// side, by a fault or by a reboot. It closes conn.
func (d *Device) ServeConn(conn net.Conn) {
	if !d.enter() {
		_ = conn.Close()
		return
	}
	defer d.wait.Done()
	d.serve(conn)
}

func (d *Device) serve(conn net.Conn) {
	ready, err := d.greet(conn)
	if err != nil {
		_ = conn.Close()
		return
	}
	newSession(d, ready).run()
}

// greet finds out whether conn is TLS and finishes its handshake. A connection
// that is still silent goes when the device does.
func (d *Device) greet(conn net.Conn) (net.Conn, error) {
	raw := conn
	if t, ok := conn.(*tls.Conn); ok {
		raw = t.NetConn()
	}
	if !d.hold(raw) {
		return nil, ErrClosed
	}
	defer d.release(raw)
	if e, ok := conn.(*eitherConn); ok {
		var err error
		if conn, err = e.tell(); err != nil {
			return nil, err
		}
	}
	if t, ok := conn.(*tls.Conn); ok {
		ctx, cancel := context.WithTimeout(context.Background(), handshakeTimeout)
		defer cancel()
		if err := t.HandshakeContext(ctx); err != nil {
			return nil, err
		}
	}
	return conn, nil
}

// hold notes a connection that is not a session yet.
func (d *Device) hold(conn net.Conn) bool {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	if d.closed || !d.on {
		return false
	}
	if d.greeting == nil {
		d.greeting = map[net.Conn]bool{}
	}
	d.greeting[conn] = true
	return true
}

func (d *Device) release(conn net.Conn) {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	delete(d.greeting, conn)
}

// handshakeTimeout ends a connection that does not finish its TLS handshake.
const handshakeTimeout = 10 * time.Second

// PowerOff takes the device away: its sessions die and its tunnels go silent.
// The configuration stays.
func (d *Device) PowerOff() { d.power(false) }

// PowerOn boots the device with the configuration that it had.
func (d *Device) PowerOn() { d.power(true) }

// Reboot is PowerOff and PowerOn in one moment.
func (d *Device) Reboot() {
	d.power(false)
	d.power(true)
}

func (d *Device) power(on bool) {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	d.setPower(on)
	d.w.settle()
}

// setPower is power with the world's lock held, before settle.
func (d *Device) setPower(on bool) {
	if d.on == on || d.closed {
		return
	}
	d.on = on
	if on {
		d.booted = time.Now()
		d.dropJobs()
	} else {
		d.hangUp()
		d.dropJobs()
		d.safe = safeMode{gen: d.safe.gen + 1}
		d.history = nil
		d.logs = nil
	}
	d.w.dirty[d] = true
}

// hangUp ends every connection without a word.
func (d *Device) hangUp() {
	for _, s := range d.sessions {
		s.kill()
	}
	for c := range d.greeting {
		_ = c.Close()
	}
}

// Close powers the device off for good, closes its listeners and returns when
// every goroutine of it is gone.
func (d *Device) Close() {
	d.power(false)
	d.w.mu.Lock()
	d.closed = true
	d.on = false
	listens := d.listens
	d.listens = nil
	d.hangUp()
	d.w.mu.Unlock()
	for _, l := range listens {
		_ = l.Close()
	}
	d.wait.Wait()
}
