package spec

import (
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"jembatan/tunnel"
)

func (e *encoder) alerts(a *tunnel.Alerts) *yaml.Node {
	b := e.mapping("alerts")
	if a.Language != tunnel.English {
		b.put("language", text1(a.Language.String()))
	}
	if a.Heartbeat != "" {
		b.put("heartbeat", text1(a.Heartbeat))
	}
	levels := flow()
	if m := a.Mail; m != nil {
		n := flow("server", text1(shortServer(m)), "tls", unusual(m.TLS, tunnel.MailStartTLS), "ca", optional(m.CAFile),
			"user", optional(m.User), "password", secretNode(m.Password), "from", text1(m.From), "to", wordsNode(m.To))
		n.Style = 0
		b.put("mail", n)
		if level := unusual(m.Least, tunnel.SeverityInfo); level != nil {
			levels.Content = append(levels.Content, text1("mail"), level)
		}
	}
	if len(a.SMS.Routes) > 0 {
		var routes []*yaml.Node
		for _, r := range a.SMS.Routes {
			routes = append(routes, smsNode(r))
		}
		b.put("sms", listNode(false, routes...))
		b.put("sms_to", wordsNode(a.SMS.To))
		if level := unusual(a.SMS.Least, tunnel.SeverityCritical); level != nil {
			levels.Content = append(levels.Content, text1("sms"), level)
		}
	}
	if len(levels.Content) > 0 {
		b.put("levels", levels)
	}
	return b.node
}

func smsNode(r tunnel.SMSRoute) *yaml.Node {
	if m := r.Modem; m != nil {
		return flow("router", text1(m.Router), "port", text1(m.Port))
	}
	g := r.Gateway
	if g == nil {
		return flow()
	}
	fields := flow()
	for _, key := range slices.Sorted(maps.Keys(g.Fields)) {
		fields.Content = append(fields.Content, text1(key), text1(g.Fields[key]))
	}
	if len(fields.Content) == 0 {
		fields = nil
	}
	return flow("gateway", text1(g.URL), "format", unusual(g.Format, tunnel.GatewayForm), "token", secretNode(g.Token), "user", optional(g.User),
		"token_field", optional(g.TokenField), "to_field", besides(g.ToField, defaultToField), "text_field", besides(g.TextField, defaultTextField),
		"fields", fields)
}

// unusual is a word, nil when it is the usual one.
func unusual[T interface {
	comparable
	String() string
}](v, usual T) *yaml.Node {
	if v == usual {
		return nil
	}
	return text1(v.String())
}

// besides is a text, nil when it is the usual one.
func besides(s, usual string) *yaml.Node {
	if s == usual {
		return nil
	}
	return text1(s)
}

// shortServer leaves the usual port out.
func shortServer(m *tunnel.AlertMail) string {
	host, short := strings.CutSuffix(m.Server, ":"+mailPort(m.TLS))
	if !short {
		return m.Server
	}
	return strings.Trim(host, "[]")
}
