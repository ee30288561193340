package emulator

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/go-routeros/routeros/v3"
)

func TestOnePortServesBoth(t *testing.T) {
	w := NewWorld()
	defer w.Close()
	d, err := w.Add(Config{Name: "a"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewServer(ServerOptions{PortBase: -1, OnePort: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	e, err := s.Listen(d)
	if err != nil {
		t.Fatal(err)
	}
	if e.API != e.APISSL {
		t.Errorf("two ports: %v", e)
	}
	if _, err := dial(t, e.API, "admin", "").Run("/interface/print"); err != nil {
		t.Error(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.CA())
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, err := routeros.DialTLSContext(ctx, e.APISSL, "admin", "", &tls.Config{RootCAs: roots, ServerName: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := c.Run("/interface/print"); err != nil {
		t.Error(err)
	}
}

func TestServerSaysWhatDoesNotFit(t *testing.T) {
	w := NewWorld()
	defer w.Close()
	d, err := w.Add(Config{Name: "a"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewServer(ServerOptions{PortBase: 65535})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Listen(d); err == nil || !strings.Contains(err.Error(), "lower port base") {
		t.Errorf("port 65536: %v", err)
	}
	s.Close()
	if _, err := s.ListenAt(d, "127.0.0.1:0", ""); !errors.Is(err, ErrClosed) {
		t.Errorf("closed server: %v", err)
	}
}

// A silent connection, of which nobody knows yet what it is, goes with its
// device.
func TestCloseDoesNotWaitForSilence(t *testing.T) {
	for _, one := range []bool{false, true} {
		w := NewWorld()
		d, err := w.Add(Config{Name: "a"})
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewServer(ServerOptions{PortBase: -1, OnePort: one})
		if err != nil {
			t.Fatal(err)
		}
		e, err := s.Listen(d)
		if err != nil {
			t.Fatal(err)
		}
		conn, err := net.Dial("tcp", e.APISSL)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		s.Close()
		w.Close()
		if took := time.Since(start); took > handshakeTimeout/2 {
			t.Errorf("one port %v: close took %s", one, took)
		}
		_ = conn.Close()
	}
}

// Where a user, and where a service, may be reached from.
func TestAddressLimits(t *testing.T) {
	d, _, e := served(t, Config{Name: "a"})
	do(t, d, "/user/add", "=name=far", "=group=full", "=address=10.0.0.0/8,192.0.2.1")
	do(t, d, "/user/add", "=name=near", "=group=full", "=address=127.0.0.0/8")
	c := dial(t, e.API, "near", "")
	if _, err := c.Run("/interface/print"); err != nil {
		t.Error(err)
	}
	conn, err := net.Dial("tcp", e.API)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	x, err := routeros.NewClient(conn)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Login("far", ""); err == nil || !strings.Contains(err.Error(), "invalid user name or password (6)") {
		t.Errorf("from elsewhere: %v", err)
	}
	do(t, d, "/ip/service/set", "=.id=api", "=address=10.0.0.0/8")
	if conn, err := net.Dial("tcp", e.API); err == nil {
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil {
			t.Errorf("a refused peer got %d bytes, %v", n, err)
		}
		_ = conn.Close()
	}
}

func TestAddConnection(t *testing.T) {
	for version, want := range map[string]string{"7.18.2": "10.0.0.1:1234", "7.20.8": "10.0.0.1"} {
		w := NewWorld()
		d, err := w.Add(Config{Name: "a", Version: version})
		if err != nil {
			t.Fatal(err)
		}
		id := d.AddConnection(map[string]string{"protocol": "tcp", "src-address": "10.0.0.1", "src-port": "1234", "dstnat": "true"})
		rows := do(t, d, "/ip/firewall/connection/print", "?dstnat=true")
		if len(rows) != 1 || rows[0]["src-address"] != want || rows[0][".id"] != id {
			t.Errorf("%s: %v, want src-address %s", version, rows, want)
		}
		do(t, d, "/ip/firewall/connection/remove", "=.id="+id)
		if _, err := d.Do("/ip/firewall/connection/remove", "=.id="+id); err == nil {
			t.Error("removed twice")
		}
		w.Close()
	}
}
