package spec

import (
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"jembatan/tunnel"
)

// drawAlerts makes alerts that Parse accepts.
func drawAlerts(t *rapid.T, routers []tunnel.Router) *tunnel.Alerts {
	severity := rapid.SampledFrom([]tunnel.Severity{tunnel.SeverityInfo, tunnel.SeverityWarning, tunnel.SeverityCritical})
	secret := rapid.SampledFrom([]tunnel.SecretRef{{Env: "P"}, {File: "/etc/x y"}, {File: "s"}})
	a := &tunnel.Alerts{
		Language:  rapid.SampledFrom([]tunnel.Language{tunnel.English, tunnel.Indonesian}).Draw(t, "language"),
		Heartbeat: rapid.SampledFrom([]string{"", "0 7 * * *", "*/5 * * * *"}).Draw(t, "heartbeat"),
	}
	ways := rapid.IntRange(1, 3).Draw(t, "ways")
	if ways&1 > 0 {
		m := &tunnel.AlertMail{
			Server: rapid.SampledFrom([]string{"smtp.example.net:587", "[2001:db8::1]:465", "192.0.2.1:25", "h:1"}).Draw(t, "server"),
			TLS:    rapid.SampledFrom([]tunnel.MailTLS{tunnel.MailStartTLS, tunnel.MailImplicitTLS, tunnel.MailPlain}).Draw(t, "tls"),
			From:   "#a@b", To: []string{"no@off", "a+b{@c"}, Least: severity.Draw(t, "least of mail"),
		}
		if m.TLS != tunnel.MailPlain {
			m.CAFile = rapid.SampledFrom([]string{"", "ca.pem", "/etc/ca: x"}).Draw(t, "ca")
		}
		if rapid.Bool().Draw(t, "login") {
			m.User, m.Password = rapid.SampledFrom([]string{"null", "a b", "1"}).Draw(t, "user"), secret.Draw(t, "password")
		}
		a.Mail = m
	}
	if ways&2 > 0 {
		a.SMS = tunnel.AlertSMS{To: []string{"112", "+628111111111"}, Least: severity.Draw(t, "least of sms")}
		for i := range rapid.IntRange(1, 3).Draw(t, "routes") {
			a.SMS.Routes = append(a.SMS.Routes, drawRoute(t, i, routers, secret))
		}
	}
	return a
}

func drawRoute(t *rapid.T, i int, routers []tunnel.Router, secret *rapid.Generator[tunnel.SecretRef]) tunnel.SMSRoute {
	if rapid.Bool().Draw(t, "modem") {
		return tunnel.SMSRoute{Modem: &tunnel.SMSModem{Router: rapid.SampledFrom(routers).Draw(t, "router").Name, Port: fmt.Sprintf("usb %d", i)}}
	}
	g := &tunnel.SMSGateway{
		URL:     fmt.Sprintf("https://sms.example.net:8443/%d", i),
		Format:  rapid.SampledFrom([]tunnel.GatewayFormat{tunnel.GatewayForm, tunnel.GatewayJSON}).Draw(t, "format"),
		ToField: rapid.SampledFrom([]string{"to", "null"}).Draw(t, "to"), TextField: rapid.SampledFrom([]string{"text", "1.5"}).Draw(t, "text"),
	}
	if rapid.Bool().Draw(t, "fields") {
		g.Fields = map[string]string{"no": "off", "a": "{"}
	}
	switch rapid.IntRange(0, 3).Draw(t, "token") {
	case 1:
		g.Token = secret.Draw(t, "token")
	case 2:
		g.Token, g.User = secret.Draw(t, "token"), "u"
	case 3:
		g.Token, g.TokenField = secret.Draw(t, "token"), "password"
	}
	return tunnel.SMSRoute{Gateway: g}
}

// TestEncodeAlerts holds that alerts read back are the same.
func TestEncodeAlerts(t *testing.T) {
	base := parseBase(t, "")
	rapid.Check(t, func(t *rapid.T) {
		top := *base
		top.Alerts = drawAlerts(t, top.Routers)
		roundTrip(t, &top, nil)
	})
}

// TestAlertsResolve shows what is filled in.
func TestAlertsResolve(t *testing.T) {
	got := parseBase(t, `
alerts:
  mail: {server: smtp.example.net, from: a@example.net, to: [b@example.net], user: x, password: {file: mail.secret}, ca: ca.pem}
  sms:
    - {router: sby, port: lte1}
    - {gateway: "http://192.0.2.1/send", token: {env: T}, fields: {sender: NOC}}
  sms_to: ["112"]
`).Alerts
	want := &tunnel.Alerts{
		Language: tunnel.English,
		Mail: &tunnel.AlertMail{
			Server: "smtp.example.net:587", TLS: tunnel.MailStartTLS, CAFile: "dir/ca.pem", User: "x",
			Password: tunnel.SecretRef{File: "dir/mail.secret"}, From: "a@example.net", To: []string{"b@example.net"}, Least: tunnel.SeverityInfo,
		},
		SMS: tunnel.AlertSMS{
			Routes: []tunnel.SMSRoute{
				{Modem: &tunnel.SMSModem{Router: "sby", Port: "lte1"}},
				{Gateway: &tunnel.SMSGateway{
					URL: "http://192.0.2.1/send", Format: tunnel.GatewayForm, Token: tunnel.SecretRef{Env: "T"},
					ToField: "to", TextField: "text", Fields: map[string]string{"sender": "NOC"},
				}},
			},
			To: []string{"112"}, Least: tunnel.SeverityCritical,
		},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func parseBase(t *testing.T, more string) *tunnel.Topology {
	t.Helper()
	src, err := os.ReadFile("testdata/base.yaml")
	if err != nil {
		t.Fatal(err)
	}
	top, problems := Parse("dir/site.yaml", append(src, more...))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return top
}
