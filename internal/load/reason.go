package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
)

// A Reason is why a request failed.
type Reason string

// Reasons.
const (
	TimedOut    Reason = "timeout"
	Refused     Reason = "refused"
	Reset       Reason = "reset" // also a connection that the server closed
	Unreachable Reason = "unreachable"
	Status      Reason = "status"    // HTTP, not 2xx
	ReadOnly    Reason = "read-only" // the database is fenced
	Denied      Reason = "denied"    // another error of the database
	Other       Reason = "other"
)

// reasonOf finds out why a request failed.
func reasonOf(err error) Reason {
	switch errno(err.Error()) {
	case 0:
	case 1290, 1836: // ER_OPTION_PREVENTS_STATEMENT, ER_READ_ONLY_MODE
		return ReadOnly
	case 1053, 1317, 1927: // shutdown, interrupted, killed
		return Reset
	default:
		return Denied
	}
	var timeout net.Error
	text := err.Error()
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return TimedOut
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return Unreachable
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), strings.HasSuffix(text, "EOF"),
		strings.Contains(text, "bad connection"), strings.Contains(text, "invalid connection"):
		return Reset
	}
	return Other
}

// errno finds the number in the text of a database's error, "Error 1290 (HY000): …";
// zero when there is none.
func errno(text string) int {
	var n int
	if _, rest, ok := strings.Cut(text, "Error "); ok {
		_, _ = fmt.Sscanf(rest, "%d (", &n) // No number is zero.
	}
	return n
}
