package mariadb

import (
	"context"
	"net"
	"sync"
	"time"
)

// A Proxy passes TCP connections on loopback to one target, as long as it is
// not cut. Its methods may be called by many at once.
type Proxy struct {
	listener net.Listener
	target   string
	done     sync.WaitGroup

	// mu guards what follows. It is not held while bytes move.
	mu    sync.Mutex
	cut   bool
	held  chan struct{} // not nil: bytes wait until it is closed
	conns map[net.Conn]struct{}
}

// NewProxy listens on a free port of 127.0.0.1.
func NewProxy(target string) (*Proxy, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: l, target: target, conns: map[net.Conn]struct{}{}}
	p.done.Go(p.accept)
	return p, nil
}

// Address is where it listens.
func (p *Proxy) Address() *net.TCPAddr { return p.listener.Addr().(*net.TCPAddr) }

// Cut ends every connection and refuses new ones, as a router that rejects.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
	for c := range p.conns {
		c.Close()
	}
}

// Hold keeps connections open and lets nothing through, as a dead tunnel.
func (p *Proxy) Hold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held == nil {
		p.held = make(chan struct{})
	}
}

// Heal undoes Cut and Hold.
func (p *Proxy) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = false
	if p.held != nil {
		close(p.held)
		p.held = nil
	}
}

// Close ends it and waits for its goroutines.
func (p *Proxy) Close() {
	_ = p.listener.Close()
	p.Cut()
	p.mu.Lock()
	if p.held != nil {
		close(p.held)
		p.held = nil
	}
	p.mu.Unlock()
	p.done.Wait()
}

func (p *Proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.done.Go(func() { p.serve(c) })
	}
}

func (p *Proxy) serve(a net.Conn) {
	defer a.Close()
	if !p.keep(a) {
		return
	}
	defer p.drop(a)
	b, err := (&net.Dialer{Timeout: time.Second}).DialContext(context.Background(), "tcp", p.target)
	if err != nil {
		return
	}
	defer b.Close()
	if !p.keep(b) {
		return
	}
	defer p.drop(b)
	var both sync.WaitGroup
	both.Go(func() { p.pass(a, b) })
	both.Go(func() { p.pass(b, a) })
	both.Wait()
}

// pass copies from src to dst until either ends, and then ends both.
func (p *Proxy) pass(dst, src net.Conn) {
	defer dst.Close()
	defer src.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := src.Read(buf)
		p.mu.Lock()
		held := p.held
		p.mu.Unlock()
		if held != nil {
			<-held
		}
		if n > 0 {
			if _, werr := dst.Write(buf[:n]); werr != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// keep notes a connection unless the proxy is cut.
func (p *Proxy) keep(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut {
		return false
	}
	p.conns[c] = struct{}{}
	return true
}

func (p *Proxy) drop(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}
