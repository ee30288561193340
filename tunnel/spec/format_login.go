package spec

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

type rawCredentials struct {
	user     given[string]
	password given[rawSecret]
	tls      given[rawTLS]
}

type rawSecret struct{ env, file given[string] }

type rawTLS struct {
	off             bool
	ca, fingerprint given[string]
}

// hostPort is where something listens; port is "" when it is not given.
type hostPort struct{ host, port string }

func credentialsForm(dst *given[rawCredentials]) form {
	return record[rawCredentials]{
		dst: dst, word: "credentials", id: "Credentials",
		doc: "How to log in to a router.",
		fields: []field[rawCredentials]{
			{
				key: "user", need: true,
				doc:  "Name of the RouterOS user.",
				form: func(c *rawCredentials) form { return text(&c.user, "a user name", 64, "jembatan") },
			}, {
				key:  "password",
				doc:  "Where the password is kept. Left out: an empty password.",
				form: func(c *rawCredentials) form { return secretForm(&c.password) },
			}, {
				key: "tls", def: "system",
				doc: "How the router proves who it is: system (the roots of the operating system), a certificate authority, " +
					"the fingerprint of its certificate, or off (plaintext).",
				form: func(c *rawCredentials) form { return tlsForm(&c.tls) },
			},
		},
	}
}

func secretForm(dst *given[rawSecret]) form {
	env := func(s *rawSecret) form {
		f := pattern(&s.env, "the name of an environment variable", envPattern, "JEMBATAN_PASSWORD")
		f.quiet = true
		return f
	}
	file := func(s *rawSecret) form {
		f := pattern(&s.file, "a path", printPattern, "/etc/jembatan/password")
		f.quiet = true
		return f
	}
	return record[rawSecret]{
		dst: dst, word: "a secret", id: "Secret", one: true,
		doc:   "Where a secret is kept. Secrets never stand in a topology file.",
		clear: "a secret is given in clear; name its place: {env: NAME} or {file: PATH}",
		fields: []field[rawSecret]{
			{key: "env", form: env, doc: "Environment variable that holds it."},
			{
				key: "file", form: file,
				doc: "File that holds it; a relative path begins at the folder of the topology file.",
			},
		},
	}
}

func tlsForm(dst *given[rawTLS]) form {
	return choice{
		word: scalar[rawTLS]{
			dst: dst, word: "system or off", also: ` and not {ca: PATH} or {fingerprint: "sha256:…"}`, s: schema{Enum: []any{"system", "off", false}},
			parse: func(s string) (rawTLS, error) { return rawTLS{off: s != "system"}, nil },
		},
		mapping: record[rawTLS]{
			dst: dst, word: "a proof of identity", id: "TLS", one: true,
			doc: "How a router, or a database, proves who it is.",
			fields: []field[rawTLS]{
				{
					key: "ca",
					doc: "PEM file with the authority that signed the certificate; " +
						"a relative path begins at the folder of the topology file.",
					form: func(t *rawTLS) form { return pattern(&t.ca, "a path", printPattern, "ca.pem") },
				}, {
					key: "fingerprint",
					doc: "SHA-256 of the certificate: sha256: and 64 hexadecimal digits.",
					form: func(t *rawTLS) form {
						return pattern(&t.fingerprint, "a fingerprint", sha256Pattern, "sha256:"+strings.Repeat("4f", 32))
					},
				},
			},
		},
	}
}

const hostPattern = `^(\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*|` +
	`[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?(:[0-9]{1,5})?)$`

func hostPortForm(dst *given[hostPort]) form {
	return scalar[hostPort]{
		dst: dst, word: "host or host:port", example: "198.51.100.1",
		s:     schema{Type: []string{"string"}, Pattern: hostPattern, MaxLength: 259},
		parse: parseHostPort,
	}
}

func parseHostPort(s string) (hostPort, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		return hostPort{host: a.String()}, nil
	}
	host, port := s, ""
	if i := strings.LastIndexByte(s, ':'); i > strings.LastIndexByte(s, ']') {
		host, port = s[:i], s[i+1:]
		n, err := strconv.Atoi(port)
		if err != nil || n < 1 || n > 65535 {
			return hostPort{}, errors.New("has no port between 1 and 65535")
		}
		port = strconv.Itoa(n)
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		a, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		if err != nil || !a.Is6() {
			return hostPort{}, errSyntax
		}
		return hostPort{a.String(), port}, nil
	}
	if a, err := netip.ParseAddr(host); err == nil && a.Is4() {
		return hostPort{a.String(), port}, nil
	}
	if strings.ContainsAny(host, ":[]") || strings.Trim(host, "0123456789.") == "" {
		return hostPort{}, errSyntax
	}
	return hostPort{strings.ToLower(host), port}, nil
}
