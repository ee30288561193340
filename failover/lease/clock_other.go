//go:build !linux

package lease

import "time"

// started is what clock counts from.
var started = time.Now() //nolint:gochecknoglobals // a constant of the process

// clock returns the time since the process began. It may stand still while the
// machine sleeps.
func clock() time.Duration { return time.Since(started) }
