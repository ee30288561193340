package probe_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"jembatan/health"
	"jembatan/health/probe"
)

// A database speaks as much of the MySQL protocol (version 10 handshake, text
// results) as the probe asks for, and refuses what it is told to.
type database struct {
	net.Listener
	greet uint16            // error instead of the greeting
	login uint16            // error after the login
	fail  map[string]uint16 // error for statements that begin so
	mu    sync.Mutex        // guards asked
	asked []string
}

// newDatabase serves as arrange, which may be nil, says.
func newDatabase(t *testing.T, arrange func(*database)) *database {
	d := &database{Listener: listen(t), fail: map[string]uint16{}}
	if arrange != nil {
		arrange(d)
	}
	go answer(d, d.serve)
	return d
}

func (d *database) serve(c net.Conn) {
	if d.greet != 0 {
		packet(c, 0, failure(d.greet))
		return
	}
	packet(c, 0, greeting())
	if _, err := receive(c); err != nil {
		return
	}
	if d.login != 0 {
		packet(c, 2, failure(d.login))
		return
	}
	packet(c, 2, okay())
	for {
		p, err := receive(c)
		if err != nil || len(p) == 0 || p[0] == 1 { // COM_QUIT
			return
		}
		d.query(c, string(p[1:]))
	}
}

func (d *database) query(c net.Conn, q string) {
	d.mu.Lock()
	d.asked = append(d.asked, q)
	d.mu.Unlock()
	for prefix, number := range d.fail {
		if strings.HasPrefix(q, prefix) {
			packet(c, 1, failure(number))
			return
		}
	}
	if !strings.HasPrefix(q, "SELECT") {
		packet(c, 1, okay())
		return
	}
	column := []byte{3, 'd', 'e', 'f', 0, 0, 0, 1, '1', 0, 12, 63, 0, 1, 0, 0, 0, 8, 0, 0, 0, 0, 0}
	end := []byte{0xfe, 0, 0, 2, 0}
	packet(c, 1, []byte{1})
	packet(c, 2, column)
	packet(c, 3, end)
	packet(c, 4, []byte{1, '1'})
	packet(c, 5, end)
}

func packet(w io.Writer, seq byte, body []byte) {
	head := []byte{byte(len(body)), byte(len(body) >> 8), byte(len(body) >> 16), seq}
	_, _ = w.Write(append(head, body...))
}

func receive(r io.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	body := make([]byte, int(head[0])|int(head[1])<<8|int(head[2])<<16)
	_, err := io.ReadFull(r, body)
	return body, err
}

func greeting() []byte {
	p := append([]byte{10}, "5.5.5-10.11.19-MariaDB\x00"...)
	p = append(p, 1, 0, 0, 0)
	p = append(p, "12345678\x00"...)
	p = binary.LittleEndian.AppendUint16(p, 0xa20f&^0x0800) // no TLS
	p = append(p, 33, 2, 0)
	p = binary.LittleEndian.AppendUint16(p, 0x0008) // CLIENT_PLUGIN_AUTH
	p = append(p, 21)
	p = append(p, make([]byte, 10)...)
	p = append(p, "123456789012\x00"...)
	return append(p, "mysql_native_password\x00"...)
}

func okay() []byte { return []byte{0, 0, 0, 2, 0, 0, 0} }

func failure(number uint16) []byte {
	return append([]byte{0xff, byte(number), byte(number >> 8)}, "#HY000no, says the database to secret-hunter2"...)
}

func TestMySQL(t *testing.T) {
	password := func() (string, error) { return "hunter2", nil }
	for name, c := range map[string]struct {
		arrange func(*database)
		write   probe.Write
		want    health.Reason
	}{
		"well":             {want: health.None},
		"too many":         {arrange: func(d *database) { d.greet = 1040 }, want: health.TooManyConnections},
		"too many of user": {arrange: func(d *database) { d.login = 1226 }, want: health.TooManyConnections},
		"host not allowed": {arrange: func(d *database) { d.greet = 1130 }, want: health.Denied},
		"denied":           {arrange: func(d *database) { d.login = 1045 }, want: health.Denied},
		"query fails":      {arrange: func(d *database) { d.fail["SELECT"] = 3024 }, want: health.QueryFailed},
		"heartbeat":        {write: probe.Write{Heartbeat: "ctl.heartbeat"}, want: health.None},
		"read-only":        {arrange: func(d *database) { d.fail["REPLACE"] = 1290 }, write: probe.Write{Heartbeat: "ctl.heartbeat"}, want: health.WriteFailed},
		"dry run":          {write: probe.Write{DryRun: "ctl.heartbeat"}, want: health.None},
		"disk full":        {arrange: func(d *database) { d.fail["REPLACE"] = 1021 }, write: probe.Write{DryRun: "ctl.heartbeat"}, want: health.WriteFailed},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDatabase(t, c.arrange)
			p := &probe.MySQL{ID: id, Address: addressOf(d), User: "jembatan", Password: password, Write: c.write}
			expect(t, p, c.want)
			if s := fmt.Sprintf("%+v", p.Probe(t.Context())); strings.Contains(s, "hunter2") {
				t.Errorf("a secret in %s", s)
			}
		})
	}
}

func TestMySQLDryRunRollsBack(t *testing.T) {
	d := newDatabase(t, nil)
	expect(t, &probe.MySQL{ID: id, Address: addressOf(d), Write: probe.Write{DryRun: "ctl.heartbeat"}}, health.None)
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := len(d.asked); n < 3 || !strings.HasPrefix(d.asked[n-2], "REPLACE") || d.asked[n-1] != "ROLLBACK" {
		t.Errorf("asked %q", d.asked)
	}
}

// A frozen server's kernel still opens connections.
func TestMySQLFrozen(t *testing.T) {
	l := listen(t)
	expect(t, &probe.TCP{ID: id, Address: addressOf(l)}, health.None)
	expect(t, &probe.MySQL{ID: id, Address: addressOf(l), Timeout: 50 * time.Millisecond}, health.Timeout)
}

func TestMySQLWithoutItsPassword(t *testing.T) {
	d := newDatabase(t, nil)
	p := &probe.MySQL{ID: id, Address: addressOf(d), Password: func() (string, error) { return "", errors.New("no such file") }}
	expect(t, p, health.ProberFailed)
}

// The driver panics at some answers; the probe does not.
func TestMySQLNonsense(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 0))
		l := listen(t)
		go answer(l, func(c net.Conn) {
			if seed%2 == 0 {
				packet(c, 0, greeting())
				_, _ = receive(c)
				packet(c, 2, okay())
				_, _ = receive(c)
			}
			for seq := range byte(5) {
				body := make([]byte, r.IntN(12))
				for i := range body {
					body[i] = byte(r.IntN(256))
				}
				packet(c, seq+byte(seed%2^1), body)
			}
		})
		s := (&probe.MySQL{ID: id, Address: addressOf(l), Timeout: 5 * time.Second}).Probe(t.Context())
		if s.OK {
			t.Errorf("seed %d: %+v", seed, s)
		}
		l.Close()
	}
}
