package routeros

import (
	"errors"
	"fmt"
)

// Errors that callers branch on, with errors.Is.
var (
	// ErrClosed ends every call on a session that has ended, whatever ended it;
	// the reason is wrapped beside it.
	ErrClosed = errors.New("routeros: session closed")
	// ErrOutcomeUnknown is a write that may or may not have been done: it was
	// sent, or partly sent, and its answer never came. Look before repeating.
	ErrOutcomeUnknown = errors.New("routeros: outcome unknown")
	// ErrLogin is a device that refused the user or the password.
	ErrLogin = errors.New("routeros: login refused")
	// ErrSilent is a device that did not answer the idle probe.
	ErrSilent = errors.New("routeros: device does not answer")
	// ErrProtocol is a peer that does not speak the RouterOS API.
	ErrProtocol = errors.New("routeros: protocol violated")
	// ErrReplyTooLarge is a reply above Limits.Reply or Limits.Rows. The session
	// goes on.
	ErrReplyTooLarge = errors.New("routeros: reply too large")
	// ErrBadRequest is a request that cannot be sent; nothing was.
	ErrBadRequest = errors.New("routeros: bad request")
	// ErrAmbiguous is a key that several rows share.
	ErrAmbiguous = errors.New("routeros: several rows match")
)

// Errors that a device reports in a trap. RouterOS tells them apart by text
// only, so they are matched by prefix, "failure: " before it and a number in
// brackets behind it left aside.
var (
	// ErrNotFound is an id or a name that is gone.
	ErrNotFound = errors.New("routeros: no such item")
	// ErrNoCommand is a menu, a command or an argument that this release lacks.
	ErrNoCommand = errors.New("routeros: no such command or argument")
	// ErrExists is a row that is already there, or a name that is taken.
	ErrExists = errors.New("routeros: already exists")
	// ErrPermission is a policy that the user lacks, or a feature that the
	// device-mode forbids.
	ErrPermission = errors.New("routeros: not permitted")
	// ErrInterrupted is a command that was cancelled.
	ErrInterrupted = errors.New("routeros: interrupted")
)

// An OutcomeError is a write whose answer never came. It is ErrOutcomeUnknown
// and whatever Err is.
type OutcomeError struct {
	Path string // the command
	Err  error  // why the answer did not come
}

// Error implements error.
func (e *OutcomeError) Error() string {
	return fmt.Sprintf("%s: outcome unknown: %v", e.Path, e.Err)
}

// Is matches ErrOutcomeUnknown.
func (e *OutcomeError) Is(target error) bool { return target == ErrOutcomeUnknown }

// Unwrap returns the reason.
func (e *OutcomeError) Unwrap() error { return e.Err }

// A FatalError is a device that ended the session, with its reason.
type FatalError struct {
	Message string // "session terminated on request", "not logged in"; may be empty
}

// Error implements error.
func (e *FatalError) Error() string { return "device ended the session: " + e.Message }
