// Package memnet is a network in memory: listeners, dialers and connections
// that never leave the process.
//
// Its connections block only on channels and timers, so a goroutine that waits
// in one is durably blocked inside a testing/synctest bubble, and deadlines
// follow the bubble's clock. Unlike net.Pipe a connection has a buffer in each
// direction: a writer runs ahead of its reader as it does over TCP.
package memnet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
)

// ErrRefused is returned by Dial for an address that nobody listens on.
var ErrRefused = errors.New("memnet: connection refused")

// Addr is an address of a Network: any text, by convention "host:port".
type Addr string

// Network implements net.Addr.
func (Addr) Network() string { return "mem" }

// String implements net.Addr.
func (a Addr) String() string { return string(a) }

// A Network is a set of addresses. The zero value is empty and ready for use.
// It is safe for concurrent use.
type Network struct {
	mu        sync.Mutex // guards listeners
	listeners map[string]*Listener
}

// Listen takes addr. It fails if addr is taken.
func (n *Network) Listen(addr string) (*Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listeners[addr] != nil {
		return nil, fmt.Errorf("memnet: listen %s: address in use", addr)
	}
	l := &Listener{network: n, addr: addr, conns: make(chan net.Conn), closed: make(chan struct{})}
	if n.listeners == nil {
		n.listeners = make(map[string]*Listener)
	}
	n.listeners[addr] = l
	return l, nil
}

// Dial connects to the listener of addr and returns once it has accepted. The
// network argument is ignored; it is there to fit net.Dialer.DialContext. It
// returns ErrRefused, wrapped, or the cause of ctx.
func (n *Network) Dial(ctx context.Context, _, addr string) (net.Conn, error) {
	n.mu.Lock()
	l := n.listeners[addr]
	n.mu.Unlock()
	if l == nil {
		return nil, fmt.Errorf("dial %s: %w", addr, ErrRefused)
	}
	return l.Dial(ctx)
}

// drop forgets l.
func (n *Network) drop(l *Listener) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listeners[l.addr] == l {
		delete(n.listeners, l.addr)
	}
}

// A Listener accepts the connections dialed to its address. It implements
// net.Listener and is safe for concurrent use.
type Listener struct {
	network *Network
	addr    string
	conns   chan net.Conn
	once    sync.Once
	closed  chan struct{}
}

// Accept returns the next connection, or net.ErrClosed after Close.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Dial connects to l.
func (l *Listener) Dial(ctx context.Context) (net.Conn, error) {
	client, server := Pipe(DefaultBuffer)
	client.remote, server.local = Addr(l.addr), Addr(l.addr)
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, fmt.Errorf("dial %s: %w", l.addr, ErrRefused)
	case <-ctx.Done():
		return nil, fmt.Errorf("dial %s: %w", l.addr, context.Cause(ctx))
	}
}

// Close frees the address. Accepted connections stay open.
func (l *Listener) Close() error {
	l.once.Do(func() {
		close(l.closed)
		if l.network != nil {
			l.network.drop(l)
		}
	})
	return nil
}

// Addr returns the address.
func (l *Listener) Addr() net.Addr { return Addr(l.addr) }
