package replication

import (
	"context"
	"database/sql/driver"
	"fmt"
	"net"
	"time"
)

// A careful connector survives what the driver does not: it trusts the length of
// what a server greets with, before TLS and before the login, and panics on
// nonsense. Whoever answers at a database's port must not end the controller.
type careful struct{ driver.Connector }

// dialedKey is the context key of the connection that Connect has dialed.
type dialedKey struct{}

// Connect implements driver.Connector.
func (c careful) Connect(ctx context.Context) (conn driver.Conn, err error) {
	var dialed net.Conn
	defer func() {
		if v := recover(); v != nil {
			if dialed != nil {
				_ = dialed.Close() // The driver has not come to it.
			}
			conn, err = nil, fmt.Errorf("what answers there is no database: %v", v)
		}
	}()
	return c.Connector.Connect(context.WithValue(ctx, dialedKey{}, &dialed))
}

// dial connects, and notes the connection for Connect. With abort, closing throws
// away what has not been delivered.
func dial(limit time.Duration, abort bool) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{Timeout: limit}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		if dialed, ok := ctx.Value(dialedKey{}).(*net.Conn); ok {
			*dialed = conn
		}
		if tcp, ok := conn.(*net.TCPConn); ok && abort {
			err = tcp.SetLinger(0)
		}
		return conn, err
	}
}
