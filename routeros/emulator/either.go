package emulator

import (
	"crypto/tls"
	"net"
	"time"
)

// tlsHandshake is the first byte of a TLS connection (RFC 8446, 5.1). As the
// first byte of the API it would announce a word of 22 bytes, and no client
// begins with one: "/login" has 6.
const tlsHandshake = 0x16

// An eitherListener accepts connections that may be TLS or not.
type eitherListener struct {
	net.Listener
	config *tls.Config
}

func (l *eitherListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &eitherConn{Conn: c, config: l.config}, nil
}

// An eitherConn is a connection whose first byte has not been looked at.
type eitherConn struct {
	net.Conn
	config *tls.Config
	first  []byte
}

// tell waits for the first byte and returns the connection as what it is.
func (c *eitherConn) tell() (net.Conn, error) {
	_ = c.SetReadDeadline(time.Now().Add(handshakeTimeout))
	b := make([]byte, 1)
	if _, err := c.Conn.Read(b); err != nil {
		return nil, err
	}
	_ = c.SetReadDeadline(time.Time{})
	c.first = b
	if b[0] == tlsHandshake {
		return tls.Server(c, c.config), nil
	}
	return c, nil
}

func (c *eitherConn) Read(p []byte) (int, error) {
	if len(c.first) > 0 && len(p) > 0 {
		n := copy(p, c.first)
		c.first = c.first[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}
