package probe_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"jembatan/health"
	"jembatan/health/probe"
)

var id = probe.ID{Server: "main", Probe: "x", Vantage: "controller"}

// expect runs one probe and checks its outcome and its names.
func expect(t *testing.T, p probe.Prober, want health.Reason) {
	t.Helper()
	s := p.Probe(t.Context())
	if s.Reason != want || s.OK != (want == health.None || want == health.Slow) {
		t.Errorf("%T: ok %v, %q; want %q", p, s.OK, s.Reason, want)
	}
	if s.Server != "main" || s.Probe != "x" || s.Vantage != "controller" || s.At.IsZero() || s.RTT < 0 {
		t.Errorf("%T: %+v", p, s)
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func addressOf(l net.Listener) netip.AddrPort { return l.Addr().(*net.TCPAddr).AddrPort() }

func TestTCP(t *testing.T) {
	l := listen(t)
	expect(t, &probe.TCP{ID: id, Address: addressOf(l)}, health.None)
	l.Close()
	expect(t, &probe.TCP{ID: id, Address: addressOf(l)}, health.Refused)
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if s := (&probe.TCP{ID: id, Address: addressOf(l)}).Probe(stopped); s.Reason != health.ProberFailed {
		t.Errorf("after its context ended: %+v", s)
	}
}

func TestICMP(t *testing.T) {
	loopback := netip.MustParseAddr("127.0.0.1")
	raw, err := probe.Privileged(loopback)
	if err != nil {
		t.Skipf("needs CAP_NET_RAW or net.ipv4.ping_group_range: %v", err)
	}
	t.Logf("raw socket: %v", raw)
	for _, a := range []string{"127.0.0.1", "127.1.2.3", "::1"} {
		if a == "::1" {
			if l, err := net.Listen("tcp", "[::1]:0"); err != nil {
				t.Log("no IPv6 on this host")
				continue
			} else {
				l.Close()
			}
		}
		expect(t, &probe.ICMP{ID: id, Address: netip.MustParseAddr(a)}, health.None)
	}
}

func TestHTTP(t *testing.T) {
	mux := http.NewServeMux()
	status := func(n int) http.HandlerFunc { return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(n) } }
	mux.HandleFunc("/health", status(200))
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/health", http.StatusFound) })
	mux.HandleFunc("/busy", status(503))
	mux.HandleFunc("/broken", status(500))
	mux.HandleFunc("/host", func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "erp.example" {
			w.WriteHeader(http.StatusNotFound)
		}
	})
	mux.HandleFunc("/hang", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	s := httptest.NewServer(mux)
	defer s.Close()
	get := func(path string, expect int) *probe.HTTP {
		return &probe.HTTP{ID: id, Address: addressOf(s.Listener), Path: path, Expect: expect}
	}
	expect(t, get("/health", 0), health.None)
	expect(t, get("/health", 200), health.None)
	expect(t, get("/health", 204), health.BadStatus)
	expect(t, get("/moved", 302), health.None)
	expect(t, get("/moved", 200), health.BadStatus)
	expect(t, get("/busy", 0), health.Overloaded)
	expect(t, get("/broken", 0), health.BadStatus)
	slow := get("/health", 200)
	slow.Slow = time.Nanosecond
	expect(t, slow, health.Slow)
	named := get("/host", 200)
	named.Host = "erp.example"
	expect(t, named, health.None)
	hang := get("/hang", 200)
	hang.Timeout = 50 * time.Millisecond
	expect(t, hang, health.Timeout)
}

func TestHTTPS(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ErrorLog = nil
	s.StartTLS()
	defer s.Close()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	good := &probe.HTTP{ID: id, Address: addressOf(s.Listener), TLS: &tls.Config{RootCAs: pool, ServerName: "example.com"}}
	expect(t, good, health.None)
	expect(t, &probe.HTTP{ID: id, Address: addressOf(s.Listener), TLS: &tls.Config{ServerName: "example.com"}}, health.Certificate)
	plain := listen(t)
	go answer(plain, func(c net.Conn) { _, _ = c.Write([]byte("hello, this is no TLS\r\n")) })
	expect(t, &probe.HTTP{ID: id, Address: addressOf(plain), TLS: &tls.Config{ServerName: "example.com"}}, health.Certificate)
	expect(t, &probe.HTTP{ID: id, Address: addressOf(plain)}, health.BadAnswer)
}

// answer serves every connection with f and then closes it.
func answer(l net.Listener, f func(net.Conn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			f(c)
		}()
	}
}

func TestCutConnection(t *testing.T) {
	l := listen(t)
	go answer(l, func(net.Conn) {})
	expect(t, &probe.HTTP{ID: id, Address: addressOf(l)}, health.Reset)
	expect(t, &probe.MySQL{ID: id, Address: addressOf(l)}, health.Reset)
	l.Close()
	expect(t, &probe.MySQL{ID: id, Address: addressOf(l)}, health.Refused)
	expect(t, &probe.HTTP{ID: id, Address: addressOf(l)}, health.Refused)
}
