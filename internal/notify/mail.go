package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	mail "github.com/wneessen/go-mail"

	"jembatan/routeros"
	"jembatan/tunnel"
)

// mailTimeout bounds connecting with login, and every command after it.
const mailTimeout = 20 * time.Second

// MailOptions describe a mail server.
type MailOptions struct {
	Server   string // host:port
	TLS      tunnel.MailTLS
	Roots    *x509.CertPool // nil: the system's
	User     string         // empty: no login
	Password routeros.Secret
	From     string
}

// A Mailer sends by SMTP. The login is the strongest that the server has; without
// TLS it is never one that shows the password. Make it with NewMailer.
type Mailer struct {
	opts MailOptions
	host string
	port int
}

// NewMailer checks the options; nothing is dialed.
func NewMailer(opts MailOptions) (*Mailer, error) {
	host, service, err := net.SplitHostPort(opts.Server)
	if err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("mail server %s: no such port", opts.Server)
	}
	return &Mailer{opts: opts, host: host, port: int(port)}, nil
}

// Send implements Sender: one message to one mail address. An answer of 5xx to
// the recipient or the text is final; other refusals may be mistakes of the
// configuration, and are tried again.
func (s *Mailer) Send(ctx context.Context, to string, m Message) error {
	whole, cancel := context.WithCancel(ctx)
	defer cancel()
	client, err := s.client(whole)
	if err != nil {
		return s.clean(err)
	}
	msg, err := s.letter(to, m)
	if err != nil {
		return &RefusedError{s.clean(err)}
	}
	err = client.DialAndSendWithContext(ctx, msg)
	if err == nil || msg.IsDelivered() { // It has been taken; what failed is the goodbye.
		return nil
	}
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("%s: %w", s.opts.Server, cause)
	}
	said, ok := errors.AsType[*mail.SendError](err)
	if ok && said.ErrorCode() >= 500 && (said.Reason == mail.ErrSMTPRcptTo || said.Reason == mail.ErrSMTPDataClose) {
		return &RefusedError{s.clean(err)}
	}
	return s.clean(err)
}

// client prepares one connection, which does not outlive whole.
func (s *Mailer) client(whole context.Context) (*mail.Client, error) {
	config := &tls.Config{ServerName: s.host, RootCAs: s.opts.Roots, MinVersion: tls.VersionTLS12}
	opts := []mail.Option{
		mail.WithPort(s.port), mail.WithTimeout(mailTimeout), mail.WithTLSConfig(config),
		mail.WithDialContextFunc(func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			context.AfterFunc(whole, func() { conn.Close() })
			if s.opts.TLS != tunnel.MailImplicitTLS {
				return conn, nil
			}
			secure := tls.Client(conn, config)
			return secure, secure.HandshakeContext(ctx)
		}),
	}
	switch s.opts.TLS {
	case tunnel.MailPlain:
		opts = append(opts, mail.WithTLSPolicy(mail.NoTLS))
	case tunnel.MailImplicitTLS:
		opts = append(opts, mail.WithTLSPolicy(mail.TLSOpportunistic)) // The connection is TLS already.
	case tunnel.MailStartTLS, tunnel.MailTLSUnknown:
		opts = append(opts, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if s.opts.User != "" {
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover),
			mail.WithUsername(s.opts.User), mail.WithPassword(string(s.opts.Password)))
	}
	return mail.NewClient(s.host, opts...)
}

// letter makes the message. It is the same however often it is sent.
func (s *Mailer) letter(to string, m Message) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := errors.Join(msg.From(s.opts.From), msg.To(to)); err != nil {
		return nil, err
	}
	_, domain, _ := strings.Cut(s.opts.From, "@")
	msg.SetMessageIDWithValue(m.ID + ".jembatan@" + domain)
	msg.SetDateWithValue(m.At)
	msg.Subject(m.Letter.Subject)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no absence notes, please.
	if m.Urgent {
		msg.SetImportance(mail.ImportanceHigh)
	}
	msg.SetBodyString(mail.TypeTextPlain, m.Letter.Body)
	return msg, nil
}

// clean names the server and hides the password, should the server repeat it.
func (s *Mailer) clean(err error) error {
	return scrubbed(fmt.Errorf("%s: %w", s.opts.Server, err), string(s.opts.Password), "\x00"+s.opts.User+"\x00"+string(s.opts.Password))
}
