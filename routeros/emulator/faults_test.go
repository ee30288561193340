package emulator

import (
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// talk opens a logged-in session over a pipe.
func talk(t *testing.T, d *Device) *client {
	t.Helper()
	near, far := net.Pipe()
	go d.ServeConn(far)
	c := &client{conn: near}
	go c.read()
	t.Cleanup(func() { _ = near.Close() })
	c.write("/login", "=name=admin", "=password=")
	synctest.Wait()
	return c
}

// ask sends one sentence and returns what arrived by then.
func (c *client) ask(words ...string) []string {
	c.take()
	c.write(words...)
	synctest.Wait()
	return c.take()
}

// faultWorld runs f with a device and a session in virtual time.
func faultWorld(t *testing.T, f func(t *testing.T, d *Device, c *client)) {
	synctest.Test(t, func(t *testing.T) {
		w := NewWorld()
		defer w.Close()
		d, err := w.Add(Config{Name: "a", Version: "7.16.1"})
		if err != nil {
			t.Fatal(err)
		}
		c := talk(t, d)
		c.take()
		f(t, d, c)
	})
}

func same(t *testing.T, what string, want, got []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestFaultLatency(t *testing.T) {
	faultWorld(t, func(t *testing.T, d *Device, c *client) {
		d.Faults().Latency(50*time.Millisecond, 10*time.Millisecond, 7)
		same(t, "at once", nil, c.ask("/system/identity/print"))
		advance(60 * time.Millisecond)
		same(t, "after latency and jitter", []string{"!re =name=a", "!done"}, c.take())
	})
}

func TestFaultCutAndHalf(t *testing.T) {
	faultWorld(t, func(t *testing.T, d *Device, c *client) {
		d.Faults().CutAfter(2)
		same(t, "cut", []string{"!re =name=ether1", "!re =name=ether2", "(closed)"}, c.ask("/interface/print", "=.proplist=name"))
		c = talk(t, d)
		c.take()
		d.Faults().HalfReply(2)
		same(t, "half", []string{"!re =name=ether1", "(closed)"}, c.ask("/interface/print", "=.proplist=name"))
	})
}

func TestFaultStall(t *testing.T) {
	faultWorld(t, func(t *testing.T, d *Device, c *client) {
		d.Faults().Stall(true)
		same(t, "stalled", nil, c.ask("/system/identity/print"))
		advance(time.Hour)
		same(t, "an hour later", nil, c.take())
		d.Faults().Stall(false)
		synctest.Wait()
		same(t, "moving", []string{"!re =name=a", "!done"}, c.take())
		d.Faults().Stall(true)
		c.ask("/system/identity/print")
		d.Reboot()
		synctest.Wait()
		same(t, "a stalled session dies in a reboot", []string{"(closed)"}, c.take())
	})
}

func TestFaultGarbage(t *testing.T) {
	faultWorld(t, func(t *testing.T, d *Device, c *client) {
		d.Faults().Garbage([]byte{0xFF, 0xFF})
		same(t, "garbage", []string{"(closed)"}, c.ask("/system/identity/print"))
	})
}

func TestFaultTraps(t *testing.T) {
	faultWorld(t, func(t *testing.T, d *Device, c *client) {
		f := d.Faults()
		f.TrapOnAdd("/interface/bridge", 2, "failure: no memory")
		same(t, "first add", []string{"!done =ret=*6"}, c.ask("/interface/bridge/add"))
		same(t, "second add", []string{"!trap =message=failure: no memory", "!done"}, c.ask("/interface/bridge/add"))
		same(t, "third add", []string{"!done =ret=*7"}, c.ask("/interface/bridge/add"))
		f.TrapOnWrite("", 1, "action failed (6)")
		same(t, "any write", []string{"!trap =message=action failed (6)", "!done"}, c.ask("/system/identity/set", "=name=x"))
		f.DenyWrites(true)
		same(t, "denied", []string{"!trap =message=not enough permissions (9)", "!done"}, c.ask("/system/identity/set", "=name=x"))
		f.Unreadable("interface/eoip", "timeout")
		same(t, "unreadable", []string{"!trap =category=4 =message=timeout", "!done"}, c.ask("/interface/eoip/print"))
		f.Clear()
		same(t, "healthy", []string{"!done"}, c.ask("/interface/eoip/print"))
	})
}

func TestFaultLostReply(t *testing.T) {
	faultWorld(t, func(t *testing.T, d *Device, c *client) {
		d.Faults().LoseReply(1)
		same(t, "lost", []string{"(closed)"}, c.ask("/interface/bridge/add", "=name=br"))
		if rows := do(t, d, "/interface/bridge/print"); len(rows) != 1 {
			t.Errorf("the write was not done: %v", rows)
		}
	})
}

func TestFaultLoginAndConnections(t *testing.T) {
	faultWorld(t, func(t *testing.T, d *Device, _ *client) {
		d.Faults().RefuseLogin(true)
		c := talk(t, d)
		same(t, "refused", []string{"!trap =message=invalid user name or password (6)", "!done"}, c.take())
		d.Faults().DropConnections(true)
		c = talk(t, d)
		same(t, "dropped", []string{"(closed)"}, c.take())
	})
}

func TestRebootKeepsConfigurationAndEndsSessions(t *testing.T) {
	faultWorld(t, func(t *testing.T, d *Device, c *client) {
		c.ask("/interface/bridge/add", "=name=br")
		before := d.Export()
		c.take()
		d.Reboot()
		synctest.Wait()
		same(t, "session", []string{"(closed)"}, c.take())
		if diff := cmp.Diff(before, d.Export()); diff != "" {
			t.Errorf("configuration (-before +after):\n%s", diff)
		}
		c = talk(t, d)
		c.take()
		same(t, "reboot by command", []string{"!done"}, c.ask("/system/reboot"))
		advance(time.Second)
		same(t, "session", []string{"(closed)"}, c.take())
		d.PowerOff()
		c = talk(t, d)
		same(t, "off", []string{"(closed)"}, c.take())
	})
}

func TestMaxSessions(t *testing.T) {
	faultWorld(t, func(t *testing.T, d *Device, c *client) {
		c.ask("/ip/service/set", "=.id=api", "=max-sessions=2")
		second := talk(t, d)
		same(t, "second", []string{"!done"}, second.take())
		third := talk(t, d)
		same(t, "third", []string{"(closed)"}, third.take())
		_ = second.conn.Close()
		synctest.Wait()
		same(t, "room again", []string{"!done"}, talk(t, d).take())
	})
}

// A client that never reads must not fill the memory, and must not hold up
// others.
func TestSlowClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := NewWorld()
		defer w.Close()
		d, err := w.Add(Config{Name: "a"})
		if err != nil {
			t.Fatal(err)
		}
		do(t, d, "/system/script/add", "=name=s", "=source="+strings.Repeat("x", maxText))
		near, far := net.Pipe()
		go d.ServeConn(far)
		defer func() { _ = near.Close() }()
		c := &client{conn: near}
		go func() {
			c.write("/login", "=name=admin", "=password=")
			for range 1000 {
				c.write("/system/script/print")
			}
		}()
		synctest.Wait()
		w.mu.Lock()
		queued := d.sessions[0].out.bytes
		w.mu.Unlock()
		if queued > maxUnsent+2*maxText {
			t.Errorf("%d bytes wait for a client that does not read", queued)
		}
		if rows := do(t, d, "/system/identity/print"); len(rows) != 1 {
			t.Error("the device does not answer others")
		}
	})
}
