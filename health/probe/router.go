package probe

import (
	"context"
	"net/netip"
	"time"

	"jembatan/health"
	"jembatan/routeros"
)

// RouterPing has a router ping a server once: the router is the vantage. When
// the router itself cannot be asked the sample is ProberFailed, so that the
// vantage falls silent and abstains. Source: MikroTik manual, "Ping".
type RouterPing struct {
	ID      ID
	Router  routeros.Caller
	Address netip.Addr
	Source  netip.Addr    // src-address, if valid
	Timeout time.Duration // default 1 s; the way to the router and back comes on top
}

// routerGrace is how much longer than the ping the router's answer may take.
const routerGrace = time.Second

// Probe implements Prober.
func (p *RouterPing) Probe(ctx context.Context) health.Sample {
	timeout := p.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	var rtt time.Duration
	s := look(ctx, p.ID, timeout+routerGrace, 0, func(ctx context.Context) (err error) {
		rtt, err = p.ping(ctx, timeout)
		return err
	})
	if s.OK && rtt > 0 {
		s.RTT = rtt // The server's, not the way to the router.
	}
	return s
}

func (p *RouterPing) ping(ctx context.Context, timeout time.Duration) (time.Duration, error) {
	fields := routeros.FieldsOf("address", p.Address.String(), "count", "1", "interval", routeros.FormatDuration(timeout))
	if p.Source.IsValid() {
		fields = append(fields, routeros.Field{Name: "src-address", Value: p.Source.String()})
	}
	reply, err := routeros.Command(ctx, p.Router, "/ping", fields)
	if err != nil || len(reply.Rows) == 0 {
		return 0, verdict(health.ProberFailed)
	}
	return answered(reply.Rows[len(reply.Rows)-1])
}

// answered reads one row of /ping: a time if there was an answer, else a status.
func answered(row routeros.Row) (time.Duration, error) {
	received, _ := row.Get("received")
	status, _ := row.Get("status")
	if t, ok := row.Get("time"); ok && received != "0" {
		// It was answered; a time that cannot be read is not worth a miss.
		if d, err := routeros.ParseDuration(t); err == nil {
			return d, nil
		}
		return 0, nil
	}
	switch status {
	case "timeout":
		return 0, verdict(health.Timeout)
	case "no route to host", "host unreachable", "net unreachable":
		return 0, verdict(health.NoRoute)
	}
	if received == "0" {
		return 0, verdict(health.Timeout)
	}
	return 0, verdict(health.ProberFailed)
}
