// Package smtptest is a mail server for tests: it speaks as much SMTP as a
// client needs, with STARTTLS and AUTH PLAIN, and keeps what it is sent.
package smtptest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"sync"
	"time"
)

// A Mail is a message that was taken.
type Mail struct {
	From string
	To   []string
	Data string // headers and body, lines ended by "\n"
	User string // who logged in; empty for nobody
	TLS  bool
}

// Options are what a Server is made from. The zero value takes everything in
// clear and asks for no login.
type Options struct {
	Addr           string // 127.0.0.1 and any port if empty
	StartTLS       bool   // offered, and insisted on
	TLS            bool   // from the first byte
	User, Password string // asked for if User is not empty
	// Answer may refuse a command ("MAIL", "RCPT", "DATA", ".") with an answer of
	// its own, as in "451 4.7.1 later"; "" goes on. arg is what stands behind it.
	Answer func(command, arg string) string
}

// A Server is a mail server on loopback. Close it.
type Server struct {
	opts     Options
	listener net.Listener
	config   *tls.Config
	ca       []byte
	wg       sync.WaitGroup

	mu    sync.Mutex // guards all below
	mails []Mail
	conns map[net.Conn]bool
}

// Start listens and serves.
func Start(opts Options) (*Server, error) {
	s := &Server{opts: opts, conns: map[net.Conn]bool{}}
	if err := s.certify(); err != nil {
		return nil, err
	}
	addr := opts.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", addr) //nolint:noctx // It is for tests, and returns at once.
	if err != nil {
		return nil, err
	}
	if opts.TLS {
		l = tls.NewListener(l, s.config)
	}
	s.listener = l
	s.wg.Go(s.accept)
	return s, nil
}

// Addr is where it listens.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// CA is the certificate of its authority, PEM.
func (s *Server) CA() []byte { return s.ca }

// Roots are the authority as a pool.
func (s *Server) Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(s.ca)
	return pool
}

// Mails are the messages that were taken, oldest first.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// Close ends every connection and returns when all is gone.
func (s *Server) Close() {
	s.listener.Close()
	s.mu.Lock()
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

func (s *Server) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[c] = true
		s.mu.Unlock()
		s.wg.Go(func() {
			s.serve(c)
			c.Close()
			s.mu.Lock()
			delete(s.conns, c)
			s.mu.Unlock()
		})
	}
}

// certify makes a certificate that is its own authority.
func (s *Server) certify() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "smtptest"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	s.ca = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	s.config = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
	return nil
}
