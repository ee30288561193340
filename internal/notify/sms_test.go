package notify

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/internal/memnet"
	"jembatan/routeros"
	"jembatan/routeros/emulator"
	"jembatan/tunnel"
)

// posted is what a gateway got.
type posted struct {
	kind, login string
	fields      map[string]string
}

func gatewayServer(t *testing.T, status int, got *posted) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*got = posted{kind: r.Header.Get("Content-Type"), login: r.Header.Get("Authorization"), fields: map[string]string{}}
		if got.kind == "application/json" {
			if err := json.Unmarshal(body, &got.fields); err != nil {
				t.Error(err)
			}
		} else {
			form, err := url.ParseQuery(string(body))
			if err != nil {
				t.Error(err)
			}
			for k := range form {
				got.fields[k] = form.Get(k)
			}
		}
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		_, _ = w.Write([]byte("you sent " + got.login + string(body)))
	}))
	t.Cleanup(s.Close)
	return s.URL + "/send"
}

func TestGateway(t *testing.T) {
	const text = "CRITICAL erp/main server-failed: the server has failed 10:56Z"
	for name, c := range map[string]struct {
		opts tunnel.SMSGateway
		want posted
	}{
		"form and bearer": {
			tunnel.SMSGateway{Format: tunnel.GatewayForm, ToField: "to", TextField: "text"},
			posted{"application/x-www-form-urlencoded", "Bearer " + planted, map[string]string{"to": "+62811", "text": text}},
		},
		"json and basic": {
			tunnel.SMSGateway{Format: tunnel.GatewayJSON, ToField: "number", TextField: "msg", User: "u", Fields: map[string]string{"from": "NOC"}},
			posted{"application/json", "Basic dTpodW50ZXIyLXBsYW50ZWQ=", map[string]string{"number": "+62811", "msg": text, "from": "NOC"}},
		},
		"a field": {
			tunnel.SMSGateway{Format: tunnel.GatewayForm, ToField: "to", TextField: "text", TokenField: "password", Fields: map[string]string{"username": "u"}},
			posted{"application/x-www-form-urlencoded", "", map[string]string{"to": "+62811", "text": text, "username": "u", "password": planted}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got posted
			c.opts.URL = gatewayServer(t, http.StatusAccepted, &got)
			if err := NewGateway(c.opts, planted).Send(t.Context(), "+62811", testMessage()); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got, cmp.AllowUnexported(posted{})); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestGatewayFails(t *testing.T) {
	var got posted
	for status, want := range map[int]string{500: "answers 500 Internal Server Error", 401: "answers 401 Unauthorized", 302: "answers 302 Found"} {
		opts := tunnel.SMSGateway{URL: gatewayServer(t, status, &got), ToField: "to", TextField: "text"}
		err := NewGateway(opts, planted).Send(t.Context(), "112", testMessage())
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), planted) {
			t.Errorf("%d: %v", status, err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	g := NewGateway(tunnel.SMSGateway{URL: "http://" + l.Addr().String() + "/", ToField: "to", TextField: "text"}, planted)
	route := g.Route()
	route.Limit = 50 * time.Millisecond
	if err := route.Try(t.Context(), "112", testMessage()); !errors.Is(err, errSlow) {
		t.Errorf("a gateway that is silent: %v", err)
	}
}

// emulated is a router with a modem, and Modems that reach it.
func emulated(t *testing.T) (*emulator.Device, *Modems) {
	t.Helper()
	w := emulator.NewWorld()
	t.Cleanup(w.Close)
	d, err := w.Add(emulator.Config{Name: "sby"})
	if err != nil {
		t.Fatal(err)
	}
	n := new(memnet.Network)
	l, err := n.Listen("sby")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = d.Serve(l) }()
	fleet := routeros.NewFleet(routeros.FleetOptions{Routers: map[string]routeros.Target{
		"sby": {Addr: "sby", Options: routeros.Options{User: "admin", Dial: n.Dial}},
	}})
	t.Cleanup(func() { _ = fleet.Close() })
	return d, NewModems(func(ctx context.Context, router string) (routeros.Caller, error) { return fleet.Session(ctx, router) })
}

func TestModem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, modems := emulated(t)
		route := modems.Route("sby", "lte1", "surabaya")
		try := func() error { return route.Try(t.Context(), "+628111", testMessage()) }
		if err := try(); err != nil {
			t.Fatal(err)
		}
		sent := d.Sent()
		if len(sent) != 1 || sent[0].Phone != "+628111" || sent[0].Port != "lte1" || sent[0].Text != testMessage().Short {
			t.Errorf("%+v", sent)
		}
		// Three at once: the router gets one after the other.
		d.Modem(20*time.Second, "")
		began, results := time.Now(), make(chan error, 3)
		for range 3 {
			go func() { results <- try() }()
		}
		for range 3 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(began); took != time.Minute {
			t.Errorf("three took %v", took)
		}
		d.Modem(0, "no network")
		if err := try(); err == nil || !strings.Contains(err.Error(), "no network") || strings.Contains(err.Error(), "+628111") {
			t.Errorf("without a network: %v", err)
		}
		d.Modem(5*time.Minute, "")
		began = time.Now()
		if err := try(); !errors.Is(err, errSlow) || time.Since(began) != smsLimit {
			t.Errorf("a modem that hangs: %v after %v", err, time.Since(began))
		}
		d.PowerOff()
		if err := try(); err == nil || !strings.HasPrefix(err.Error(), "sby: ") {
			t.Errorf("a router that is off: %v", err)
		}
	})
}
