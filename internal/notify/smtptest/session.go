package smtptest

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"net"
	"net/textproto"
	"strings"
)

// A session is one connection of a client.
type session struct {
	*Server

	conn net.Conn
	text *textproto.Conn
	mail Mail
}

func (s *Server) serve(c net.Conn) {
	p := &session{Server: s, conn: c, text: textproto.NewConn(c)}
	p.mail.TLS = s.opts.TLS
	p.say("220 smtptest")
	for {
		line, err := p.text.ReadLine()
		if err != nil {
			return
		}
		verb, arg, _ := strings.Cut(line, " ")
		if !p.command(strings.ToUpper(verb), arg) {
			return
		}
	}
}

func (p *session) say(line string) { _ = p.text.PrintfLine("%s", line) }

// command answers one command, and reports whether the session goes on.
func (p *session) command(verb, arg string) bool {
	if own := p.answer(verb, arg); own != "" {
		p.say(own)
		return true
	}
	switch verb {
	case "EHLO", "HELO":
		p.hello()
	case "STARTTLS":
		return p.encrypt()
	case "AUTH":
		p.login(arg)
	case "MAIL":
		switch {
		case p.opts.StartTLS && !p.mail.TLS:
			p.say("530 5.7.0 must issue STARTTLS first")
		case p.opts.User != "" && p.mail.User == "":
			p.say("530 5.7.0 authentication required")
		default:
			p.mail.From = address(arg)
			p.say("250 2.1.0 ok")
		}
	case "RCPT":
		p.mail.To = append(p.mail.To, address(arg))
		p.say("250 2.1.5 ok")
	case "DATA":
		return p.data()
	case "RSET":
		p.mail.From, p.mail.To = "", nil
		p.say("250 2.0.0 ok")
	case "NOOP":
		p.say("250 2.0.0 ok")
	case "QUIT":
		p.say("221 2.0.0 bye")
		return false
	default:
		p.say("502 5.5.1 what?")
	}
	return true
}

func (p *session) answer(verb, arg string) string {
	if p.opts.Answer == nil {
		return ""
	}
	return p.opts.Answer(verb, arg)
}

func (p *session) hello() {
	lines := []string{"smtptest", "8BITMIME", "ENHANCEDSTATUSCODES"}
	if p.opts.StartTLS && !p.mail.TLS {
		lines = append(lines, "STARTTLS")
	}
	if p.opts.User != "" {
		lines = append(lines, "AUTH PLAIN")
	}
	for i, l := range lines {
		mark := "-"
		if i == len(lines)-1 {
			mark = " "
		}
		p.say("250" + mark + l)
	}
}

func (p *session) encrypt() bool {
	p.say("220 2.0.0 go ahead")
	c := tls.Server(p.conn, p.config)
	if err := c.Handshake(); err != nil { //nolint:noctx // Close of the server ends it.
		return false
	}
	p.text = textproto.NewConn(c)
	p.mail = Mail{TLS: true}
	return true
}

// login knows PLAIN (RFC 4616) with an initial response.
func (p *session) login(arg string) {
	_, response, _ := strings.Cut(arg, " ")
	plain, err := base64.StdEncoding.DecodeString(response)
	parts := strings.Split(string(plain), "\x00")
	if err != nil || len(parts) != 3 || parts[1] != p.opts.User || parts[2] != p.opts.Password {
		// As bad as a server can be: it repeats what it was given.
		p.say("535 5.7.8 wrong: " + response + " " + strings.Join(parts, " "))
		return
	}
	p.mail.User = parts[1]
	p.say("235 2.7.0 ok")
}

func (p *session) data() bool {
	p.say("354 go ahead")
	body, err := bufio.NewReader(p.text.DotReader()).ReadString(0)
	if body == "" && err == nil {
		return false
	}
	if own := p.answer(".", body); own != "" {
		p.say(own)
		return true
	}
	p.mail.Data = body
	p.mu.Lock()
	p.mails = append(p.mails, p.mail)
	p.mu.Unlock()
	p.say("250 2.0.0 queued")
	return true
}

// address is what stands in brackets.
func address(arg string) string {
	_, rest, _ := strings.Cut(arg, "<")
	a, _, _ := strings.Cut(rest, ">")
	return a
}
