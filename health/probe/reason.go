package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"jembatan/health"
)

// A verdict is an error that knows its reason.
type verdict health.Reason

// Error returns the reason's word.
func (v verdict) Error() string { return string(v) }

// reasonOf gives an error a name. What it does not know is a bad answer: the
// server was reached and did not do what it should. Faults of this host are
// named first, for they say nothing about the server.
func reasonOf(err error) health.Reason {
	var v verdict
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var timeout net.Error
	is := func(targets ...error) bool {
		for _, t := range targets {
			if errors.Is(err, t) {
				return true
			}
		}
		return false
	}
	switch {
	case errors.As(err, &v):
		return health.Reason(v)
	case is(context.Canceled, syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EADDRNOTAVAIL, syscall.EACCES, syscall.EPERM):
		return health.ProberFailed
	case errors.As(err, &dns):
		return health.NotResolved
	case errors.As(err, &cert), errors.As(err, &unknown), errors.As(err, &record), errors.As(err, &alert):
		return health.Certificate
	case is(syscall.ECONNREFUSED):
		return health.Refused
	case is(syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EHOSTDOWN, syscall.ENETDOWN):
		return health.NoRoute
	case is(context.DeadlineExceeded, os.ErrDeadlineExceeded, syscall.ETIMEDOUT), errors.As(err, &timeout) && timeout.Timeout():
		return health.Timeout
	case strings.Contains(err.Error(), "server closed idle connection"): // net/http has no name for it
		return health.Reset
	case is(syscall.ECONNRESET, syscall.EPIPE, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed):
		return health.Reset
	}
	return health.BadAnswer
}
