package emulator

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/datadriven"

	"jembatan/routeros/proto"
)

// TestStories tells sentences and the replies to them, a file a subject. Each
// file has a world of its own, in virtual time. Run with -rewrite to record.
//
//	device name=a version=7.16.1 address=198.51.100.1/24   a new device
//	open name=s device=a user=admin password=x              a session, logged in
//	send session=s          the sentences below, one word a line, a blank line between
//	wait 11s                what arrives meanwhile
//	cut / restore / link / power / lan                      the world
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		synctest.Test(t, func(t *testing.T) {
			s := &story{t: t, world: NewWorld(), clients: map[string]*client{}}
			defer s.world.Close()
			datadriven.RunTest(t, path, s.step)
			for _, c := range s.clients {
				_ = c.conn.Close()
			}
		})
	})
}

type story struct {
	t       *testing.T
	world   *World
	clients map[string]*client
	last    string
}

func (s *story) step(t *testing.T, d *datadriven.TestData) string {
	switch d.Cmd {
	case "device":
		return s.device(d)
	case "open":
		return s.open(d)
	case "send":
		return s.send(d)
	case "wait":
		wait, err := time.ParseDuration(d.CmdArgs[0].Key)
		if err != nil {
			d.Fatalf(t, "wait: %v", err)
		}
		advance(wait)
		return s.arrived()
	case "cut", "restore":
		from, to := netip.MustParseAddr(arg1(d, "from")), netip.MustParseAddr(arg1(d, "to"))
		if d.Cmd == "cut" {
			s.world.CutPath(from, to)
		} else {
			s.world.RestorePath(from, to)
		}
		return s.arrived()
	case "link":
		s.world.SetLink(arg1(d, "device"), arg1(d, "port"), arg1(d, "state") == "up")
		return s.arrived()
	case "lan":
		s.world.JoinLAN(arg1(d, "name"), arg1(d, "device"), arg1(d, "port"))
		return s.arrived()
	case "power":
		dev := s.world.Device(arg1(d, "device"))
		switch arg1(d, "state") {
		case "on":
			dev.PowerOn()
		case "off":
			dev.PowerOff()
		default:
			dev.Reboot()
		}
		return s.arrived()
	}
	d.Fatalf(t, "unknown command %s", d.Cmd)
	return ""
}

// arg1 returns the named argument, or "".
func arg1(d *datadriven.TestData, name string) string {
	for _, a := range d.CmdArgs {
		if a.Key == name && len(a.Vals) > 0 {
			return a.Vals[0]
		}
	}
	return ""
}

func (s *story) device(d *datadriven.TestData) string {
	c := Config{Name: arg1(d, "name"), Version: arg1(d, "version"), DeviceMode: arg1(d, "mode"), OldLogin: arg1(d, "login") == "old"}
	if a := arg1(d, "address"); a != "" {
		c.Addresses = []Address{{a, "ether1"}}
	}
	if _, err := s.world.Add(c); err != nil {
		return "error: " + err.Error()
	}
	return ""
}

func (s *story) open(d *datadriven.TestData) string {
	dev := s.world.Device(arg1(d, "device"))
	near, far := net.Pipe()
	go dev.ServeConn(far)
	c := &client{conn: near}
	go c.read()
	s.clients[arg1(d, "name")] = c
	s.last = arg1(d, "name")
	if user := arg1(d, "user"); user != "" {
		c.write("/login", "=name="+user, "=password="+arg1(d, "password"))
	}
	return s.arrived()
}

func (s *story) send(d *datadriven.TestData) string {
	if name := arg1(d, "session"); name != "" {
		s.last = name
	}
	for sentence := range strings.SplitSeq(d.Input, "\n\n") {
		s.clients[s.last].write(strings.Split(sentence, "\n")...)
	}
	return s.arrived()
}

// arrived returns what every session got since it was last asked.
func (s *story) arrived() string {
	synctest.Wait()
	var b strings.Builder
	for name, c := range s.clients {
		for _, line := range c.take() {
			if len(s.clients) > 1 {
				fmt.Fprintf(&b, "[%s] ", name)
			}
			fmt.Fprintln(&b, line)
		}
	}
	lines := strings.SplitAfter(b.String(), "\n")
	if len(s.clients) > 1 {
		// Sessions are independent of each other; each keeps its own order.
		stableBySession(lines)
	}
	return strings.Join(lines, "")
}

func stableBySession(lines []string) {
	key := func(l string) string { k, _, _ := strings.Cut(l, "]"); return k }
	for i := 1; i < len(lines); i++ {
		for j := i; j > 0 && lines[j] != "" && key(lines[j]) < key(lines[j-1]); j-- {
			lines[j], lines[j-1] = lines[j-1], lines[j]
		}
	}
}

// A client is the other end of a session: raw sentences.
type client struct {
	conn net.Conn
	mu   sync.Mutex
	got  []string
}

func (c *client) write(words ...string) {
	var s proto.Sentence
	for _, w := range words {
		s.Append(strings.ReplaceAll(w, `\n`, "\n"))
	}
	_, _ = c.conn.Write(s.AppendTo(nil))
}

func (c *client) read() {
	r := proto.NewReader(c.conn, proto.Limits{})
	var s proto.Sentence
	for {
		err := r.Read(&s)
		c.mu.Lock()
		if err != nil {
			c.got = append(c.got, "(closed)")
			c.mu.Unlock()
			return
		}
		words := make([]string, 0, s.Len())
		for _, w := range s.Words() {
			words = append(words, strings.ReplaceAll(string(w), "\n", `\n`))
		}
		c.got = append(c.got, strings.Join(words, " "))
		c.mu.Unlock()
	}
}

func (c *client) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	got := c.got
	c.got = nil
	return got
}

// advance lets d of the bubble's time pass and everything happen that is due.
func advance(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}
