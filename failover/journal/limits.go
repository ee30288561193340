package journal

import (
	"errors"
	"time"
)

// Limits. Etcd takes requests of 1.5 MiB with 128 operations.
const (
	MaxState   = 256 << 10 // bytes of a state
	MaxEntry   = 64 << 10  // bytes of an entry
	MaxDetail  = 8 << 10   // bytes of one text for people; what is longer is cut, and says so
	MaxEntries = 100       // in one Save
	MaxSave    = 1280 << 10
	MaxReport  = 1 << 20 // bytes of a report
	MaxName    = 200     // bytes of a service's name or a report's ID

	// KeepEntries of each service are kept. Save drops older ones, now and then.
	KeepEntries = 10_000
	KeepFor     = 400 * 24 * time.Hour // of age, before the newest entry
	KeepReports = 100                  // of each service
)

// Errors.
var (
	ErrTooLarge  = errors.New("too large for the journal")
	ErrDuplicate = errors.New("another report has this ID")
	ErrNotFound  = errors.New("no such report")
)

// A DamagedError says that what the store holds under a key cannot be what was
// written there.
type DamagedError struct {
	Key string
	Why string
}

// Error implements error.
func (e *DamagedError) Error() string { return "the journal is damaged at " + e.Key + ": " + e.Why }
