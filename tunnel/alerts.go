package tunnel

import "fmt"

// Alerts say who is told what, and how. At least one of Mail and SMS is set.
type Alerts struct {
	Language Language
	// Heartbeat is when a test message goes out, a cron expression in UTC; empty
	// for never. Who misses it knows that alerts do not arrive.
	Heartbeat string
	Mail      *AlertMail // nil for none
	SMS       AlertSMS   // without routes for none
}

// AlertMail is alerts by e-mail.
type AlertMail struct {
	Server   string // host:port; the port is always there
	TLS      MailTLS
	CAFile   string // PEM file; empty means the system's roots
	User     string // empty: no login
	Password SecretRef
	From     string
	To       []string
	Least    Severity // what is less is not sent here
}

// AlertSMS is alerts by text message.
type AlertSMS struct {
	Routes []SMSRoute // tried in this order until one takes the message
	To     []string   // numbers
	Least  Severity   // what is less is not sent here
}

// An SMSRoute is one way for text messages. Exactly one of its fields is set.
type SMSRoute struct {
	Modem   *SMSModem
	Gateway *SMSGateway
}

// An SMSModem is a modem of a router.
type SMSModem struct {
	Router string
	Port   string // RouterOS's name of it: an LTE interface or a serial port
}

// An SMSGateway is an HTTP service that sends text messages.
type SMSGateway struct {
	URL    string // http or https, without login and query
	Format GatewayFormat
	// Token is the secret. It is the password of User when there is one, else the
	// value of the field TokenField when there is one, else a bearer token.
	Token            SecretRef
	User, TokenField string
	ToField          string // names of the fields with the number and the text
	TextField        string
	Fields           map[string]string // sent with every message
}

// A Language is one that alerts are written in.
type Language uint8

// Languages.
const (
	LanguageUnknown Language = iota
	English
	Indonesian
)

// String returns the word that topology files use.
func (l Language) String() string {
	switch l {
	case English:
		return "en"
	case Indonesian:
		return "id"
	case LanguageUnknown:
	}
	return "unknown"
}

// A Severity is how much an alert matters. More is greater.
type Severity uint8

// Severities.
const (
	SeverityUnknown Severity = iota
	SeverityInfo
	SeverityWarning
	SeverityCritical
)

// String returns the word that topology files use.
func (s Severity) String() string {
	switch s {
	case SeverityInfo:
		return "info"
	case SeverityWarning:
		return "warning"
	case SeverityCritical:
		return "critical"
	case SeverityUnknown:
	}
	return "unknown"
}

// MarshalText implements encoding.TextMarshaler.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Severity) UnmarshalText(text []byte) error {
	for v := SeverityUnknown; v <= SeverityCritical; v++ {
		if v.String() == string(text) {
			*s = v
			return nil
		}
	}
	return fmt.Errorf("no severity %q", text)
}

// A MailTLS is how the way to a mail server is encrypted.
type MailTLS uint8

// Ways of encrypting.
const (
	MailTLSUnknown MailTLS = iota
	MailStartTLS           // asked for after connecting, and insisted on
	MailImplicitTLS
	MailPlain
)

// String returns the word that topology files use.
func (m MailTLS) String() string {
	switch m {
	case MailStartTLS:
		return "starttls"
	case MailImplicitTLS:
		return "tls"
	case MailPlain:
		return "off"
	case MailTLSUnknown:
	}
	return "unknown"
}

// A GatewayFormat is how fields are written for a gateway.
type GatewayFormat uint8

// Formats.
const (
	GatewayUnknown GatewayFormat = iota
	GatewayForm                  // application/x-www-form-urlencoded
	GatewayJSON                  // one object of texts
)

// String returns the word that topology files use.
func (g GatewayFormat) String() string {
	switch g {
	case GatewayForm:
		return "form"
	case GatewayJSON:
		return "json"
	case GatewayUnknown:
	}
	return "unknown"
}
