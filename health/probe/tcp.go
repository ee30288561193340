package probe

import (
	"context"
	"net"
	"net/netip"
	"time"

	"jembatan/health"
)

// TCP opens a connection and closes it. It proves that the kernel answers, not
// that a process does: a frozen one passes.
type TCP struct {
	ID      ID
	Address netip.AddrPort
	Timeout time.Duration // default 1 s
}

// Probe implements Prober.
func (p *TCP) Probe(ctx context.Context) health.Sample {
	return look(ctx, p.ID, p.Timeout, 0, func(ctx context.Context) error {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", p.Address.String())
		if err != nil {
			return err
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // No TIME_WAIT for each probe; a failure only costs one.
		}
		return conn.Close()
	})
}
