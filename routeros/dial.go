package routeros

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"jembatan/routeros/proto"
)

// aLongTimeAgo is a deadline that has passed in every clock.
var aLongTimeAgo = time.Unix(1, 0) //nolint:gochecknoglobals // A constant that Go cannot spell as one.

// Dial connects to the device at addr ("host:port"), does the TLS handshake
// and logs in, all within ctx and Options.DialTimeout. The caller closes the
// session. An error wraps ErrLogin if the device refused the credentials and
// ErrCertificate if it showed the wrong certificate; it never holds the
// password.
func Dial(ctx context.Context, addr string, opts Options) (*Session, error) {
	opts = opts.withDefaults()
	ctx, cancel := context.WithTimeoutCause(ctx, opts.DialTimeout,
		fmt.Errorf("%w: connecting took longer than %s", context.DeadlineExceeded, opts.DialTimeout))
	defer cancel()

	s, err := dial(ctx, addr, opts)
	if err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("%w (%w)", context.Cause(ctx), err)
		}
		return nil, fmt.Errorf("dial %s: %w", addr, err)
	}
	return s, nil
}

func dial(ctx context.Context, addr string, opts Options) (*Session, error) {
	raw, err := opts.Dial(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	// From here on the end of ctx fails whatever reads or writes raw.
	stop := context.AfterFunc(ctx, func() { _ = raw.SetDeadline(aLongTimeAgo) })
	s, err := greet(ctx, raw, addr, opts)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = raw.Close()
		return nil, err
	}
	s.start()
	return s, nil
}

// greet does TLS and login over raw and makes the session, not yet started.
func greet(ctx context.Context, raw net.Conn, addr string, opts Options) (*Session, error) {
	conn := raw
	if opts.TLS != nil {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		cfg, err := opts.TLS.Config(host)
		if err != nil {
			return nil, err
		}
		secure := tls.Client(raw, cfg)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, fmt.Errorf("tls: %w", err)
		}
		conn = secure
	}
	r := proto.NewReader(conn, proto.LoginLimits())
	if err := login(ctx, conn, r, opts); err != nil {
		return nil, err
	}
	r.SetLimits(opts.Limits.proto())
	return newSession(conn, raw, r, addr, opts), nil
}
