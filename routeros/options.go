package routeros

import (
	"context"
	"net"
	"time"

	"jembatan/routeros/proto"
)

// Options adjust a session. The zero value logs in as nobody in plaintext:
// User, and for most networks TLS, are what a caller sets.
type Options struct {
	User     string
	Password Secret

	// TLS says how to verify the device. Nil means plaintext, password
	// included: the caller has been asked for it and warns.
	TLS *TLSOptions

	// Dial opens the transport. Nil means TCP with keepalive. Tests pass an
	// in-memory one.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)

	// DialTimeout bounds connecting, TLS and login together, within whatever
	// the context allows. Zero means 15s.
	DialTimeout time.Duration

	// IdleTimeout is how long a silent device is believed. After half of it
	// without a byte the session asks for something cheap; after all of it the
	// session ends with ErrSilent. A sentence that has begun must be whole after
	// half of it too. Zero means 30s, negative means never.
	IdleTimeout time.Duration

	// WriteTimeout is how long a device may refuse to take bytes before the
	// session ends. Zero means 10s.
	WriteTimeout time.Duration

	// Limits bound what the device may make us hold.
	Limits Limits
}

// Limits bound what a device may make us hold. They are checked before memory
// is taken. Zero fields take their defaults.
type Limits struct {
	// Word, Sentence (bytes) and Words bound one sentence: see proto.Limits.
	// Beyond them the session ends.
	Word, Sentence, Words int
	// Reply bounds the bytes of all rows of one reply. Zero means 64 MiB.
	// Beyond it the call ends with ErrReplyTooLarge and the session goes on.
	Reply int
	// Rows bounds the rows of one reply. Zero means 262144.
	Rows int
}

const (
	defaultDialTimeout  = 15 * time.Second
	defaultIdleTimeout  = 30 * time.Second
	defaultWriteTimeout = 10 * time.Second
	defaultReplyBytes   = 64 << 20
	defaultReplyRows    = 256 << 10
)

// withDefaults fills zero fields.
func (o Options) withDefaults() Options {
	if o.Dial == nil {
		o.Dial = dialTCP
	}
	if o.DialTimeout <= 0 {
		o.DialTimeout = defaultDialTimeout
	}
	if o.IdleTimeout == 0 {
		o.IdleTimeout = defaultIdleTimeout
	}
	if o.WriteTimeout <= 0 {
		o.WriteTimeout = defaultWriteTimeout
	}
	if o.Limits.Reply <= 0 {
		o.Limits.Reply = defaultReplyBytes
	}
	if o.Limits.Rows <= 0 {
		o.Limits.Rows = defaultReplyRows
	}
	return o
}

// proto returns the limits of one sentence.
func (l Limits) proto() proto.Limits {
	return proto.Limits{Word: l.Word, Sentence: l.Sentence, Words: l.Words}
}

// dialTCP dials with a keepalive that finds a vanished peer in about half a
// minute even while the idle probe is off.
func dialTCP(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3,
	}}
	return d.DialContext(ctx, network, addr)
}
