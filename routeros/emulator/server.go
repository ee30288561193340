package emulator

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"syscall"
)

// DefaultPortBase is the first port of a Server that was given none.
const DefaultPortBase = 20000

// A Server lets devices listen on real sockets, for api and api-ssl, with one
// certificate for all. It is safe for concurrent use.
type Server struct {
	host    string
	base    int
	onePort bool
	auth    *authority
	wait    sync.WaitGroup

	mu     sync.Mutex // Guards everything below.
	next   int
	open   []net.Listener
	closed bool
}

// ServerOptions say where a Server listens. The zero value is 127.0.0.1 from
// DefaultPortBase on.
type ServerOptions struct {
	// Host is the address to listen on, 127.0.0.1 if empty.
	Host string
	// PortBase is the api port of the first device: device i has its api at
	// PortBase+2i and its api-ssl at PortBase+2i+1. Negative lets the system
	// choose every port.
	PortBase int
	// Hosts are further names and addresses that the certificate is for.
	// 127.0.0.1 to 127.0.0.254, localhost and Host always are.
	Hosts []string
	// OnePort serves api and api-ssl of a device on the same port, its api's:
	// a TLS client is told by its first byte. A device then takes one file
	// descriptor instead of two.
	OnePort bool
}

// An Endpoint is where a device listens.
type Endpoint struct{ API, APISSL string }

// NewServer makes a server and its certificate; nothing listens yet.
func NewServer(o ServerOptions) (*Server, error) {
	if o.Host == "" {
		o.Host = "127.0.0.1"
	}
	if o.PortBase == 0 {
		o.PortBase = DefaultPortBase
	}
	auth, err := newAuthority(append([]string{o.Host}, o.Hosts...))
	if err != nil {
		return nil, err
	}
	return &Server{host: o.Host, base: o.PortBase, onePort: o.OnePort, auth: auth}, nil
}

// CA returns the certificate of the authority that clients have to trust, PEM.
func (s *Server) CA() []byte { return append([]byte(nil), s.auth.caPEM...) }

// Fingerprint returns the SHA-256 of the server certificate in lower-case hex.
func (s *Server) Fingerprint() string { return s.auth.fingerprint }

// Listen serves d on the next two ports.
func (s *Server) Listen(d *Device) (Endpoint, error) {
	s.mu.Lock()
	i := s.next
	s.next++
	s.mu.Unlock()
	api, ssl := "0", "0"
	if s.base > 0 {
		if s.base+2*i+1 > 65535 {
			return Endpoint{}, fmt.Errorf("serve %s: device %d would need port %d: use a lower port base or another address", d.Name(), i, s.base+2*i+1)
		}
		api, ssl = strconv.Itoa(s.base+2*i), strconv.Itoa(s.base+2*i+1)
	}
	return s.ListenAt(d, net.JoinHostPort(s.host, api), net.JoinHostPort(s.host, ssl))
}

// ListenAt serves d on given addresses; an empty one is left out. With OnePort
// apiSSL means nothing.
func (s *Server) ListenAt(d *Device, api, apiSSL string) (Endpoint, error) {
	var e Endpoint
	var err error
	if s.onePort {
		if e.API, err = s.serve(d, api, false); err != nil {
			return Endpoint{}, err
		}
		e.APISSL = e.API
		return e, nil
	}
	if api != "" {
		if e.API, err = s.serve(d, api, false); err != nil {
			return Endpoint{}, err
		}
	}
	if apiSSL != "" {
		if e.APISSL, err = s.serve(d, apiSSL, true); err != nil {
			return Endpoint{}, err
		}
	}
	return e, nil
}

// serve opens one listener and a goroutine that accepts from it.
func (s *Server) serve(d *Device, address string, secure bool) (string, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
			return "", fmt.Errorf("serve %s: no file descriptor left (each device takes two, each connection one; raise ulimit -n): %w", d.Name(), err)
		}
		return "", fmt.Errorf("serve %s: %w", d.Name(), err)
	}
	return s.accept(d, l, secure)
}

// ServeOn serves d on a listener that the caller has opened, with TLS if secure,
// and closes it in the end.
func (s *Server) ServeOn(d *Device, l net.Listener, secure bool) error {
	_, err := s.accept(d, l, secure)
	return err
}

// accept hands the connections of l to d.
func (s *Server) accept(d *Device, l net.Listener, secure bool) (string, error) {
	bound := l.Addr().String()
	switch {
	case s.onePort:
		l = &eitherListener{Listener: l, config: s.auth.config}
	case secure:
		l = tls.NewListener(l, s.auth.config)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = l.Close()
		return "", ErrClosed
	}
	s.open = append(s.open, l)
	s.wait.Go(func() { _ = d.Serve(l) })
	return bound, nil
}

// Close stops listening and returns when nothing accepts any more. Connections
// that were accepted stay until their device is closed.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	open := s.open
	s.open = nil
	s.mu.Unlock()
	for _, l := range open {
		_ = l.Close()
	}
	s.wait.Wait()
}
