package routeros_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/rs/zerolog"

	"jembatan/routeros"
)

const planted = "pl4nted-s3cret"

// Secrets are planted wherever one may be given, and every form of output is
// searched for them.
func TestSecretsAreNowhere(t *testing.T) {
	fields := routeros.FieldsOf("name", "x", "ipsec-secret", planted, "password", planted, "secret", planted,
		"sim-pin", planted, "wpa2-pre-shared-key", planted, "ppk-secret", planted, "script", ":put "+planted, "on-event", planted,
		"authentication-password", planted, "response", planted)
	values := map[string]any{
		"Secret":           routeros.Secret(planted),
		"Options":          routeros.Options{User: "u", Password: planted},
		"*Options":         &routeros.Options{User: "u", Password: planted},
		"Target":           routeros.Target{Options: routeros.Options{Password: planted}},
		"FleetOptions":     routeros.FleetOptions{Routers: map[string]routeros.Target{"a": {Options: routeros.Options{Password: planted}}}},
		"Fleet":            routeros.NewFleet(routeros.FleetOptions{Routers: map[string]routeros.Target{"a": {Options: routeros.Options{Password: planted}}}}),
		"EoIP":             routeros.EoIP{IPsecSecret: planted},
		"VRRP":             &routeros.VRRP{Password: planted},
		"User":             []routeros.User{{Password: planted}},
		"Fields":           fields,
		"Field":            fields[1],
		"Request":          routeros.Request{Path: "/interface/eoip/add", Fields: fields},
		"*Request":         &routeros.Request{Path: "/interface/eoip/add", Fields: fields},
		"Request by query": routeros.Request{Path: "/ppp/secret/print", Query: []string{"?password=" + planted}},
		"SMS": routeros.Request{Path: "/tool/sms/send", Fields: routeros.FieldsOf(
			"message", planted, "phone-number", planted)},
		"e-mail": routeros.Request{Path: "/tool/e-mail/send", Fields: routeros.FieldsOf(
			"body", planted, "to", planted, "subject", planted, "user", planted)},
		"Row":   routeros.NewRow("name", "x", "ipsec-secret", planted),
		"Reply": routeros.Reply{Rows: []routeros.Row{routeros.NewRow("secret", planted)}},
	}
	for name, v := range values {
		for form, text := range renderings(t, v) {
			if strings.Contains(text, planted) {
				t.Errorf("%s as %s: %s", name, form, text)
			}
		}
	}
}

// renderings prints v in every way that a program might.
func renderings(t *testing.T, v any) map[string]string {
	t.Helper()
	out := make(map[string]string)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%08.3f"} {
		out[verb] = fmt.Sprintf(verb, v)
	}
	out["Sprint"] = fmt.Sprint(v)
	if b, err := json.Marshal(v); err == nil {
		out["JSON"] = string(b)
	}
	var buf bytes.Buffer
	logger := zerolog.New(&buf)
	logger.Info().Interface("v", v).Any("w", v).Msgf("%v", v)
	if s, ok := v.(fmt.Stringer); ok {
		logger.Info().Stringer("v", s).Send()
	}
	out["zerolog"] = buf.String()
	buf.Reset()
	slog.New(slog.NewTextHandler(&buf, nil)).Info("m", "v", v)
	slog.New(slog.NewJSONHandler(&buf, nil)).Info("m", "v", v)
	out["slog"] = buf.String()
	return out
}

// A device that repeats what it was told does not get it into our errors.
func TestSecretsInDeviceTextsAreScrubbed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &peer{answer: func(c *peerConn, cmd command) {
			c.trap(cmd, "=message=invalid value "+cmd.arg("ipsec-secret")+" for argument ipsec-secret")
			c.trap(cmd, "=message=again: "+cmd.arg("ipsec-secret"))
			c.done(cmd)
		}}
		s := p.connect(t, routeros.Options{Password: planted})
		for _, secret := range []string{planted, "abc", "a"} {
			_, err := routeros.Create(t.Context(), s, "/interface/eoip", routeros.FieldsOf("ipsec-secret", secret))
			trap, ok := errors.AsType[*routeros.TrapError](err)
			want := "invalid value [redacted] for argument ipsec-secret"
			if !ok || trap.Message != want || trap.All[1].Message != "again: [redacted]" {
				t.Errorf("%q: %#v", secret, trap)
			}
		}
		for form, text := range renderings(t, s) {
			if strings.Contains(text, planted) {
				t.Errorf("session as %s: %s", form, text)
			}
		}
	})
}

func TestSecretsInLoginErrors(t *testing.T) {
	for name, login := range map[string]func(c *peerConn, cmd command) bool{
		"trap": func(c *peerConn, cmd command) bool {
			c.say("!trap", "=message="+cmd.arg("password"))
			c.say("!done")
			return false
		},
		"fatal":     func(c *peerConn, cmd command) bool { c.say("!fatal", cmd.arg("password")); return false },
		"no reply":  func(c *peerConn, cmd command) bool { c.say(cmd.arg("password")); return false },
		"challenge": func(c *peerConn, cmd command) bool { c.say("!done", "=ret="+cmd.arg("password")); return false },
	} {
		synctest.Test(t, func(t *testing.T) {
			p := &peer{login: login}
			f := routeros.NewFleet(routeros.FleetOptions{Routers: map[string]routeros.Target{
				"jkt": {Addr: "jkt:1", Options: routeros.Options{User: "u", Password: planted, Dial: p.dial}},
			}})
			_, err := f.Session(t.Context(), "jkt")
			if err == nil {
				t.Fatal("no error")
			}
			for form, text := range renderings(t, err) {
				if strings.Contains(text, planted) {
					t.Errorf("%s as %s: %s", name, form, text)
				}
			}
			f.Close()
			p.wg.Wait()
		})
	}
}

func TestNothingIsPrinted(t *testing.T) {
	_, err := routeros.Dial(t.Context(), "jkt:1", routeros.Options{
		Password: planted,
		Dial:     func(context.Context, string, string) (net.Conn, error) { return nil, io.ErrNoProgress },
	})
	if want := "dial jkt:1: " + io.ErrNoProgress.Error(); err == nil || err.Error() != want {
		t.Errorf("err = %v", err)
	}
}
