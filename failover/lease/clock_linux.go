package lease

import (
	"time"

	"golang.org/x/sys/unix"
)

// clock returns the time since boot, time asleep included: neither settings of
// the date nor a suspended machine make a term last longer.
func clock() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		panic("lease: no clock of the time since boot: " + err.Error()) // Linux has it since 2.6.39
	}
	return time.Duration(ts.Nano())
}
