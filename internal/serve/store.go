package serve

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"jembatan/failover/lease"
	"jembatan/internal/config"
)

// maxHost is how much of a host's name is in the name of a controller: databases
// keep 64 characters.
const maxHost = 32

// newName is a name for one controller process.
func newName() string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "controller"
	}
	return fmt.Sprintf("%.*s-%d-%s", maxHost, host, os.Getpid(), rand.Text()[:6])
}

// storeOptions is where the controller keeps its state and its leadership.
func (c *Controller) storeOptions(s config.Store, dir string) (lease.Options, error) {
	o := lease.Options{
		Dir: dir, Endpoints: s.Endpoints, Prefix: s.Prefix, Holder: c.name, TTL: s.TTL, Observe: c.observe,
		Log: func(level, message string) { c.log.Debug().Str("store", level).Msg(message) },
	}
	if len(s.Endpoints) == 0 || s.CA == "" && s.Cert == "" {
		return o, nil
	}
	o.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	if s.CA != "" {
		pem, err := os.ReadFile(s.CA)
		if err != nil {
			return o, fmt.Errorf("store.ca: %w", err)
		}
		o.TLS.RootCAs = x509.NewCertPool()
		if !o.TLS.RootCAs.AppendCertsFromPEM(pem) {
			return o, fmt.Errorf("store.ca: no certificate in %s", s.CA)
		}
	}
	if s.Cert != "" {
		pair, err := tls.LoadX509KeyPair(s.Cert, s.Key)
		if err != nil {
			return o, fmt.Errorf("store.cert: %w", err)
		}
		o.TLS.Certificates = []tls.Certificate{pair}
	}
	return o, nil
}

// observe is told who leads while this controller waits.
func (c *Controller) observe(holder string, epoch uint64, err error) {
	c.holder.other(holder)
	switch {
	case err != nil:
		c.log.Error().Err(err).Msg("the store does not answer: nothing is changed")
	case holder != "":
		c.log.Info().Str("leader", holder).Uint64("epoch", epoch).Msg("another controller leads")
	}
}

// campaign leads whenever it can until ctx ends. A term that was found to be over
// is given up, and the next one has a higher epoch.
func (c *Controller) campaign(ctx context.Context) error {
	for {
		err := c.store.Lead(ctx, c.lead)
		if ctx.Err() != nil || errors.Is(err, lease.ErrClosed) {
			return context.Cause(ctx)
		}
		c.log.Warn().Err(err).Msg("campaigning again")
		if err := pause(ctx, campaignPause); err != nil {
			return err
		}
	}
}
