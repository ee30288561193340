package spec

import (
	"errors"
	"net/url"
	"strings"

	"jembatan/tunnel"
)

// Limits and patterns of alerts.
const (
	maxRecipients = 32
	maxSMSRoutes  = 16

	mailPattern   = `^[!-~]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,200}[A-Za-z0-9])?$`
	numberPattern = `^\+?[0-9]{3,15}$`
	// No "?", "#" and "@": a secret in an address would be in clear.
	gatewayPattern = `^https?://[A-Za-z0-9._:\[\]-]{1,255}(/[A-Za-z0-9._~%/+-]*)?$`
	fieldPattern   = `^[A-Za-z0-9_.-]{1,32}$`
)

type rawAlerts struct {
	language  given[tunnel.Language]
	heartbeat given[string]
	mail      given[rawMail]
	sms       given[[]given[rawSMS]]
	smsTo     given[[]given[string]]
	levels    given[rawLevels]
}

type rawMail struct {
	server         given[hostPort]
	tls            given[tunnel.MailTLS]
	ca, user, from given[string]
	password       given[rawSecret]
	to             given[[]given[string]]
}

type rawSMS struct {
	router, port, gateway given[string]
	format                given[tunnel.GatewayFormat]
	user, tokenField      given[string]
	toField, textField    given[string]
	token                 given[rawSecret]
	fields                given[[]entry[string]]
}

type rawLevels struct{ mail, sms given[tunnel.Severity] }

func alertsForm(dst *given[rawAlerts]) form {
	return record[rawAlerts]{
		dst: dst, word: "alerts", id: "Alerts",
		doc: "Who is told when a service fails, moves or is held, and how; see [alerts](alerts.md).",
		fields: []field[rawAlerts]{
			{
				key: "language", def: "en",
				doc:  "The language of messages: en (English) or id (Indonesian).",
				form: func(a *rawAlerts) form { return word(&a.language, "a language", tunnel.English, tunnel.Indonesian) },
			}, {
				key:  "heartbeat",
				doc:  "When a test message goes to everybody, so that silence is noticed; a cron expression of five fields, in UTC. Left out: never.",
				form: func(a *rawAlerts) form { return cronForm(&a.heartbeat) },
			}, {
				key:  "mail",
				doc:  "Alerts by e-mail.",
				form: func(a *rawAlerts) form { return mailForm(&a.mail) },
			}, {
				key: "sms",
				doc: "Ways for text messages, tried in this order until one takes the message. Needs sms_to.",
				form: func(a *rawAlerts) form {
					return list[rawSMS]{dst: &a.sms, word: "a list of ways for text messages", min: 1, max: maxSMSRoutes, item: smsForm}
				},
			}, {
				key: "sms_to",
				doc: "The numbers that text messages go to; in quotes.",
				form: func(a *rawAlerts) form {
					return list[string]{dst: &a.smsTo, word: "a list of numbers", min: 1, max: maxRecipients, item: phoneNumber}
				},
			}, {
				key:  "levels",
				doc:  "The least severity that goes to each channel.",
				form: func(a *rawAlerts) form { return levelsForm(&a.levels) },
			},
		},
	}
}

func mailForm(dst *given[rawMail]) form {
	return record[rawMail]{
		dst: dst, word: "a mail server", id: "Alerts by mail",
		doc: "A mail server that takes messages for the recipients.",
		fields: []field[rawMail]{
			{
				key: "server", need: true,
				doc:  "The mail server: host or host:port. Without a port it is 587 for starttls, 465 for tls, 25 for off.",
				form: func(m *rawMail) form { return hostPortForm(&m.server) },
			}, {
				key: "tls", def: "starttls",
				doc:  "How the connection is encrypted: starttls (insisted on), tls (from the first byte), or off (plaintext).",
				form: func(m *rawMail) form { return mailTLSForm(&m.tls) },
			}, {
				key: "ca",
				doc: "PEM file with the authority that signed the server's certificate; a relative path begins at the folder of " +
					"the topology file. Left out: the roots of the operating system.",
				form: func(m *rawMail) form { return pattern(&m.ca, "a path", printPattern, "ca.pem") },
			}, {
				key:  "user",
				doc:  "Name to log in with. Left out: no login.",
				form: func(m *rawMail) form { return text(&m.user, "a user name", 128, "jembatan") },
			}, {
				key:  "password",
				doc:  "Where its password is kept.",
				form: func(m *rawMail) form { return secretForm(&m.password) },
			}, {
				key: "from", need: true,
				doc:  "The sender of the messages.",
				form: func(m *rawMail) form { return mailAddress(&m.from) },
			}, {
				key: "to", need: true,
				doc: "The recipients; each gets a message of its own.",
				form: func(m *rawMail) form {
					return list[string]{dst: &m.to, word: "a list of mail addresses", min: 1, max: maxRecipients, item: mailAddress}
				},
			},
		},
	}
}

func mailTLSForm(dst *given[tunnel.MailTLS]) form {
	f := word(dst, "starttls, tls or off", tunnel.MailStartTLS, tunnel.MailImplicitTLS, tunnel.MailPlain).(scalar[tunnel.MailTLS])
	f.s.Enum = append(f.s.Enum, false)
	parse := f.parse
	f.parse = func(s string) (tunnel.MailTLS, error) {
		if strings.EqualFold(s, "false") {
			s = "off"
		}
		return parse(s)
	}
	return f
}

func mailAddress(dst *given[string]) form {
	return pattern(dst, "a mail address", mailPattern, "noc@example.net")
}

func phoneNumber(dst *given[string]) form {
	return pattern(dst, "a phone number", numberPattern, "+628111111111")
}

func levelsForm(dst *given[rawLevels]) form {
	level := func(dst *given[tunnel.Severity]) form {
		return word(dst, "a severity", tunnel.SeverityInfo, tunnel.SeverityWarning, tunnel.SeverityCritical)
	}
	return record[rawLevels]{
		dst: dst, word: "levels", id: "Levels of alerts",
		doc: "The least severity that goes to a channel: info (everything), warning or critical. Test messages go to all.",
		fields: []field[rawLevels]{
			{key: "mail", def: "info", doc: "For mail.", form: func(l *rawLevels) form { return level(&l.mail) }},
			{key: "sms", def: "critical", doc: "For text messages.", form: func(l *rawLevels) form { return level(&l.sms) }},
		},
	}
}

// gatewayURL is quiet, for it may hold a secret where none belongs.
func gatewayURL(dst *given[string]) form {
	f := pattern(dst, "an http address without user, query and fragment", gatewayPattern, "https://sms.example.net/send")
	f.quiet = true
	f.parse = func(s string) (string, error) {
		u, err := url.Parse(s)
		if err != nil || u.Hostname() == "" {
			return "", errors.New("is no address")
		}
		return s, nil
	}
	return f
}
