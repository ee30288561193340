package probe

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/netip"
	"time"

	"jembatan/health"
)

// maxBody is how much of an answer is read: enough for a page that says that all
// is well, little enough for every second.
const maxBody = 64 << 10

// HTTP gets a page, over a new connection each time, and follows no redirect.
type HTTP struct {
	ID      ID
	Address netip.AddrPort // where it connects to
	TLS     *tls.Config    // https if not nil; ServerName is the certificate's and the request's host
	Host    string         // the request's host; default TLS.ServerName, else the address
	Path    string         // default "/"
	Expect  int            // the status that is right; 0: any below 400
	Timeout time.Duration  // default 1 s
	Slow    time.Duration  // above it a good answer is Slow; 0 for never
}

// Probe implements Prober.
func (p *HTTP) Probe(ctx context.Context) health.Sample {
	return look(ctx, p.ID, p.Timeout, p.Slow, p.get)
}

func (p *HTTP) get(ctx context.Context) error {
	scheme, host, path := "http", p.Host, p.Path
	if p.TLS != nil {
		scheme = "https"
		if host == "" {
			host = p.TLS.ServerName
		}
	}
	if path == "" {
		path = "/"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+p.Address.String()+path, http.NoBody)
	if err != nil {
		return verdict(health.ProberFailed)
	}
	req.Host = host
	req.Header.Set("User-Agent", "jembatan-probe")
	transport := &http.Transport{TLSClientConfig: p.TLS, DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	res, err := transport.RoundTrip(req) // No redirects: another server's answer proves nothing.
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, maxBody)); err != nil {
		return err
	}
	switch {
	case p.Expect != 0 && res.StatusCode == p.Expect, p.Expect == 0 && res.StatusCode < http.StatusBadRequest:
		return nil
	case res.StatusCode == http.StatusTooManyRequests, res.StatusCode == http.StatusServiceUnavailable:
		return verdict(health.Overloaded)
	}
	return verdict(health.BadStatus)
}
