package emulator

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"net"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/go-routeros/routeros/v3"
	"github.com/google/go-cmp/cmp"
)

// served is a device on real loopback sockets, of which a client that was
// written by others says whether it speaks RouterOS.
func served(t *testing.T, c Config) (*Device, *Server, Endpoint) {
	t.Helper()
	w := NewWorld()
	t.Cleanup(w.Close)
	d, err := w.Add(c)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewServer(ServerOptions{PortBase: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	e, err := s.Listen(d)
	if err != nil {
		t.Fatal(err)
	}
	return d, s, e
}

// dial logs in with go-routeros, with a deadline on the connection: the client
// has none of its own.
func dial(t *testing.T, address, user, password string) *routeros.Client {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	c, err := routeros.NewClient(conn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Login(user, password); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRefereeGoRouteros(t *testing.T) {
	for _, v := range Versions() {
		t.Run(v.String(), func(t *testing.T) {
			_, _, e := served(t, Config{Name: "a", Version: v.String(), Users: []User{{"api", "geheim", "full"}}})
			c := dial(t, e.API, "api", "geheim")
			r, err := c.Run("/interface/eoip/add", "=name=t1", "=remote-address=192.0.2.1", "=tunnel-id=1", "=comment=jembatan:x/t1")
			if err != nil || r.Done.Map["ret"] != "*6" {
				t.Fatalf("add: %v %v", r, err)
			}
			r, err = c.Run("/interface/eoip/print", "=.proplist=.id,name,comment", "?comment=jembatan:x/t1")
			if err != nil {
				t.Fatal(err)
			}
			want := []map[string]string{{".id": "*6", "name": "t1", "comment": "jembatan:x/t1"}}
			got := []map[string]string{}
			for _, re := range r.Re {
				got = append(got, re.Map)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("print (-want +got):\n%s", diff)
			}
			if _, err = c.Run("/interface/eoip/set", "=.id=*6", "=mtu=1500"); err != nil {
				t.Error(err)
			}
			refused(t, c, "unknown parameter nonexistent", "/interface/eoip/set", "=.id=*6", "=nonexistent=1")
			refused(t, c, "no such item", "/interface/eoip/set", "=.id=*99", "=mtu=1500")
			refused(t, c, "value of tunnel-id out of range (0..65535)", "/interface/eoip/set", "=.id=*6", "=tunnel-id=70000")
			if _, err = c.Run("/interface/eoip/remove", "=.id=t1"); err != nil {
				t.Error(err)
			}
			if r, err = c.Run("/interface/eoip/print"); err != nil || len(r.Re) != 0 {
				t.Errorf("after remove: %v %v", r, err)
			}
		})
	}
}

func refused(t *testing.T, c *routeros.Client, want string, sentence ...string) {
	t.Helper()
	_, err := c.RunArgs(sentence)
	var de *routeros.DeviceError
	if !errors.As(err, &de) || de.Sentence.Map["message"] != want {
		t.Errorf("%v: %v, want trap %q", sentence, err, want)
	}
}

func TestRefereeAsync(t *testing.T) {
	d, _, e := served(t, Config{Name: "a", Version: "7.22.3"})
	d.Faults().Latency(2*time.Millisecond, 0, 1) // The client loses replies that are too fast.
	c := dial(t, e.API, "admin", "")
	c.Async()
	l, err := c.ListenArgsQueue([]string{"/interface/bridge/listen", "=.proplist=.id,name"}, 10)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			if r, err := c.Run("/system/identity/print"); err != nil || r.Re[0].Map["name"] != "a" {
				t.Errorf("print: %v %v", r, err)
			}
		})
	}
	wait.Wait()
	if _, err := c.Run("/interface/bridge/add", "=name=br1"); err != nil {
		t.Fatal(err)
	}
	select {
	case s := <-l.Chan():
		if diff := cmp.Diff(map[string]string{".id": "*6", "name": "br1"}, s.Map); diff != "" {
			t.Errorf("event (-want +got):\n%s", diff)
		}
	case <-t.Context().Done():
		t.Fatal("no event")
	}
	if _, err := l.Cancel(); err != nil {
		t.Error(err)
	}
}

func TestRefereeOldLogin(t *testing.T) {
	_, _, e := served(t, Config{Name: "a", Version: "6.49.10", OldLogin: true, Users: []User{{"api", "geheim", ""}}})
	c := dial(t, e.API, "api", "geheim")
	if r, err := c.Run("/system/identity/print"); err != nil || r.Re[0].Map["name"] != "a" {
		t.Errorf("print: %v %v", r, err)
	}
}

func TestRefereeTLS(t *testing.T) {
	_, s, e := served(t, Config{Name: "a"})
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(s.CA()) {
		t.Fatal("no CA certificate")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, err := routeros.DialTLSContext(ctx, e.APISSL, "admin", "", &tls.Config{
		RootCAs: roots, ServerName: "127.0.0.9",
		VerifyConnection: func(state tls.ConnectionState) error {
			sum := sha256.Sum256(state.PeerCertificates[0].Raw)
			if hex.EncodeToString(sum[:]) != s.Fingerprint() {
				t.Error("another fingerprint than told")
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := c.Run("/interface/print"); err != nil {
		t.Error(err)
	}
}

// TestNodeReferee lets npm's node-routeros judge. It needs node and
// "npm ci" in testdata/node-referee.
func TestNodeReferee(t *testing.T) {
	if os.Getenv("JEMBATAN_NODE_REFEREE") != "1" {
		t.Skip("missing capability: node-routeros (set JEMBATAN_NODE_REFEREE=1 after npm ci in testdata/node-referee)")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []string{"6.49.10", "7.16.1", "7.24"} {
		t.Run(v, func(t *testing.T) {
			d, _, e := served(t, Config{Name: "a", Version: v, Users: []User{{"api", "geheim", "full"}}})
			d.Faults().Latency(time.Millisecond, 0, 1)
			host, port, err := net.SplitHostPort(e.API)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, node, "referee.js", host, port, "api", "geheim")
			cmd.Dir = "testdata/node-referee"
			out, err := cmd.CombinedOutput()
			t.Logf("%s", out)
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}
