package spec

import (
	"strings"

	"jembatan/tunnel"
)

// Values of what alerts leave out.
const (
	defaultToField   = "to"
	defaultTextField = "text"
)

// mailPort is the usual port of a mail server.
func mailPort(t tunnel.MailTLS) string {
	switch t {
	case tunnel.MailImplicitTLS:
		return "465"
	case tunnel.MailPlain:
		return "25"
	case tunnel.MailStartTLS, tunnel.MailTLSUnknown:
	}
	return "587"
}

// joined is host:port.
func joined(host, port string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]:" + port
	}
	return host + ":" + port
}

// alerts is nil when the file has none.
func (r *resolver) alerts() *tunnel.Alerts {
	if !r.raw.alerts.set {
		return nil
	}
	raw := &r.raw.alerts.value
	out := &tunnel.Alerts{Language: raw.language.or(tunnel.English), Heartbeat: raw.heartbeat.value}
	levels := &raw.levels.value
	hasMail, hasSMS := raw.mail.line > 0, raw.sms.line > 0
	if !hasMail && !hasSMS {
		r.problem(r.raw.alerts.place, "alerts need a way out: mail or sms")
	}
	if raw.mail.set {
		out.Mail = r.alertMail(&raw.mail.value, levels.mail.or(tunnel.SeverityInfo))
	}
	out.SMS = tunnel.AlertSMS{To: recipients(r, raw.smsTo), Least: levels.sms.or(tunnel.SeverityCritical)}
	seen := make(map[any]place)
	for _, g := range raw.sms.value {
		if g.set {
			out.SMS.Routes = append(out.SMS.Routes, r.smsRoute(&g, seen))
		}
	}
	switch {
	case hasSMS && raw.smsTo.line == 0:
		r.problem(raw.sms.place, `sms needs "sms_to"`)
	case !hasSMS && raw.smsTo.line > 0:
		r.problem(raw.smsTo.place, `numbers need "sms", the ways for text messages`)
	}
	if levels.mail.line > 0 && !hasMail {
		r.problem(levels.mail.place, `a level for mail needs "mail"`)
	}
	if levels.sms.line > 0 && !hasSMS {
		r.problem(levels.sms.place, `a level for text messages needs "sms"`)
	}
	if !hasSMS {
		out.SMS = tunnel.AlertSMS{}
	}
	return out
}

func (r *resolver) alertMail(raw *rawMail, least tunnel.Severity) *tunnel.AlertMail {
	out := &tunnel.AlertMail{
		TLS: raw.tls.or(tunnel.MailStartTLS), CAFile: r.path(raw.ca.or("")), User: raw.user.or(""), Password: r.secret(raw.password),
		From: raw.from.or(""), To: recipients(r, raw.to), Least: least,
	}
	if raw.server.set {
		port := raw.server.value.port
		if port == "" {
			port = mailPort(out.TLS)
		}
		out.Server = joined(raw.server.value.host, port)
	}
	switch {
	case raw.user.line > 0 && raw.password.line == 0:
		r.problem(raw.user.place, `a login needs "password"`)
	case raw.user.line == 0 && raw.password.line > 0:
		r.problem(raw.password.place, `a password needs "user"`)
	}
	if raw.ca.line > 0 && out.TLS == tunnel.MailPlain {
		r.problem(raw.ca.place, "a certificate authority means nothing with tls: off")
	}
	return out
}

// recipients are the items that are right, and different.
func recipients(r *resolver, raw given[[]given[string]]) []string {
	var out []string
	seen := make(map[string]place)
	for _, g := range raw.value {
		if g.set && unique(r, seen, strings.ToLower(g.value), g.place, quote(g.value)+" is given twice") {
			out = append(out, g.value)
		}
	}
	return out
}

func (r *resolver) smsRoute(g *given[rawSMS], seen map[any]place) tunnel.SMSRoute {
	raw := &g.value
	modem, gateway := raw.router.line > 0 || raw.port.line > 0, raw.gateway.line > 0
	switch {
	case modem && gateway:
		r.problem(g.place, "give either router and port, or gateway")
	case modem:
		return r.smsModem(g, seen)
	case gateway:
		return r.smsGateway(raw, seen)
	default:
		r.problem(g.place, "give router and port, or gateway")
	}
	return tunnel.SMSRoute{}
}

func (r *resolver) smsModem(g *given[rawSMS], seen map[any]place) tunnel.SMSRoute {
	raw := &g.value
	if raw.router.line == 0 {
		r.problem(g.place, `a modem needs "router"`)
	}
	if raw.port.line == 0 {
		r.problem(g.place, `a modem needs "port"`)
	}
	for _, at := range []place{
		raw.format.place, raw.token.place, raw.user.place, raw.tokenField.place, raw.toField.place, raw.textField.place, raw.fields.place,
	} {
		if at.line > 0 {
			r.problem(at, "this is for a gateway; a modem has router and port")
		}
	}
	m := tunnel.SMSModem{Router: raw.router.value, Port: raw.port.value}
	if raw.router.set && r.knownRouter(raw.router.place, m.Router) && raw.port.set {
		unique(r, seen, any(m), raw.router.place, "this modem is given twice")
	}
	return tunnel.SMSRoute{Modem: &m}
}

// placeOf is where a field is given, or the gateway that it is left out of.
func (s *rawSMS) placeOf(g given[string]) place {
	if g.line > 0 {
		return g.place
	}
	return s.gateway.place
}

func (r *resolver) smsGateway(raw *rawSMS, seen map[any]place) tunnel.SMSRoute {
	out := &tunnel.SMSGateway{
		URL: raw.gateway.value, Format: raw.format.or(tunnel.GatewayForm), Token: r.secret(raw.token), User: raw.user.or(""),
		TokenField: raw.tokenField.or(""), ToField: raw.toField.or(defaultToField), TextField: raw.textField.or(defaultTextField),
	}
	names := map[string]place{out.ToField: raw.placeOf(raw.toField)}
	unique(r, names, out.TextField, raw.placeOf(raw.textField), "another field has the name "+quote(out.TextField))
	if out.TokenField != "" {
		unique(r, names, out.TokenField, raw.tokenField.place, "another field has the name "+quote(out.TokenField))
	}
	for _, e := range raw.fields.value {
		if unique(r, names, e.name, e.at, "another field has the name "+quote(e.name)) && e.set {
			if out.Fields == nil {
				out.Fields = make(map[string]string, len(raw.fields.value))
			}
			out.Fields[e.name] = e.value
		}
	}
	switch {
	case raw.user.line > 0 && raw.tokenField.line > 0:
		r.problem(raw.tokenField.place, "the token goes either with user or into a field")
	case raw.user.line > 0 && raw.token.line == 0:
		r.problem(raw.user.place, `a user needs "token", the password`)
	case raw.tokenField.line > 0 && raw.token.line == 0:
		r.problem(raw.tokenField.place, `a field for the token needs "token"`)
	}
	if raw.gateway.set {
		unique(r, seen, any(out.URL), raw.gateway.place, "this gateway is given twice")
	}
	return tunnel.SMSRoute{Gateway: out}
}
