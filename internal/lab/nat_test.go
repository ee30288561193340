//go:build linux

package lab

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"jembatan/examples"
	"jembatan/routeros"
)

// TestNAT moves a published service from one server to another: a client's new
// connections follow the rule at once, one that stands stays until its entry is
// removed, as on a router.
func TestNAT(t *testing.T) {
	needRoot(t)
	need(t, "nft")
	l := start(t, Options{Source: examples.TwoSites(), Clients: 1})
	applyAll(t, controller(t, l, examples.TwoSites()))
	throughOther(t, l)
	s := session(t, l, "jkt")
	rule := add(t, s, "/ip/firewall/nat/add", "chain", "dstnat", "dst-address", "198.51.100.1", "protocol", "tcp", "dst-port", "8088",
		"action", "dst-nat", "to-addresses", "192.168.50.10", "to-ports", "80")
	add(t, s, "/ip/firewall/nat/add", "chain", "srcnat", "out-interface", "br-servers", "action", "masquerade")
	answer := func() string {
		r, err := l.Get(t.Context(), "client1", "http://198.51.100.1:8088/")
		if err != nil {
			return err.Error()
		}
		return r.Body
	}
	took := until(t, "the rule is realised", func() bool { return strings.HasPrefix(answer(), "main answers") })
	t.Logf("from the API's answer to the first page: %v", took)
	begun := time.Now()
	must(t, routeros.Update(t.Context(), s, "/ip/firewall/nat", []string{rule}, routeros.FieldsOf("to-addresses", "192.168.50.20")))
	until(t, "the service has moved", func() bool { return strings.HasPrefix(answer(), "backup answers") })
	t.Logf("moved to the other site after %v", time.Since(begun))
	connectionsStay(t, l, s, rule)
	status, err := l.Status(t.Context())
	must(t, err)
	for _, r := range status.Routers {
		if len(r.Lacks) > 0 {
			t.Errorf("%s lacks %v", r.Name, r.Lacks)
		}
	}
}

// throughOther asks for the service through both routers that have a public
// address: answers come back by the router that was asked, also when the server is
// at another site, and a server at the same site sees who asked.
func throughOther(t *testing.T, l *Lab) {
	t.Helper()
	for to, want := range map[string]string{"198.51.100.1": "main answers 100.64.1.2:", "198.51.100.2": "main answers 192.168.50.2:"} {
		r, err := l.Get(t.Context(), "client1", "http://"+to+"/")
		must(t, err)
		if !strings.HasPrefix(r.Body, want) {
			t.Errorf("through %s: %q, want %s…", to, r.Body, want)
		}
	}
}

func add(t *testing.T, s *routeros.Session, path string, fields ...string) string {
	t.Helper()
	reply, err := s.Call(t.Context(), routeros.Request{Path: path, Fields: routeros.FieldsOf(fields...)})
	must(t, err)
	ret, _ := reply.Done.Get("ret")
	return ret
}

// connectionsStay holds a connection open while the rule changes, and removes it.
func connectionsStay(t *testing.T, l *Lab, s *routeros.Session, rule string) {
	t.Helper()
	out, err := os.CreateTemp(t.TempDir(), "out")
	must(t, err)
	null, err := os.Open(os.DevNull)
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = l.Exec(ctx, "client1", []string{"bash", "-c", "exec 3<>/dev/tcp/198.51.100.1/8088; sleep 30"}, null, out, out)
	}()
	defer func() { cancel(); <-ended }()
	bound := func(server string) []routeros.Row {
		rows, err := routeros.Print(ctx, s, "/ip/firewall/connection", nil, "?protocol=tcp")
		must(t, err)
		var found []routeros.Row
		for _, r := range rows {
			if a, _ := r.Get("reply-src-address"); strings.HasPrefix(a, server) && text(r, "tcp-state") == "established" {
				found = append(found, r)
			}
		}
		return found
	}
	until(t, "the connection is tracked", func() bool { return len(bound("192.168.50.20")) == 1 })
	must(t, routeros.Update(ctx, s, "/ip/firewall/nat", []string{rule}, routeros.FieldsOf("to-addresses", "192.168.50.10")))
	time.Sleep(200 * time.Millisecond)
	stays := bound("192.168.50.20")
	if len(stays) != 1 {
		t.Fatalf("after the change %d connections go to the old server, not 1", len(stays))
	}
	begun := time.Now()
	bound("192.168.50.20")
	t.Logf("a listing of connections takes %v", time.Since(begun))
	_, err = s.Call(ctx, routeros.Request{Path: "/ip/firewall/connection/remove", Fields: routeros.FieldsOf(".id", stays[0].ID())})
	must(t, err)
	if n := len(bound("192.168.50.20")); n != 0 {
		t.Errorf("after remove there are %d", n)
	}
}

// text returns a property, or nothing.
func text(r routeros.Row, name string) string {
	v, _ := r.Get(name)
	return v
}
