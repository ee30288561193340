//go:build linux

package rehearsal

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"
)

// ticks are the processors' times since the machine was started, in its own unit
// (proc(5), /proc/stat).
type ticks struct{ all, idle int }

func ticksNow() ticks {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return ticks{}
	}
	line, _, _ := strings.Cut(string(b), "\n")
	var t ticks
	for i, word := range strings.Fields(line) {
		var n int
		if i == 0 || i > 8 {
			continue // The name; guests are counted in user time.
		}
		if _, err := fmt.Sscan(word, &n); err != nil {
			return ticks{}
		}
		t.all += n
		if i == 4 || i == 5 { // idle, iowait
			t.idle += n
		}
	}
	return t
}

// busySince is the part of all processors' time that was used since then.
func busySince(then ticks) float64 {
	now := ticksNow()
	if now.all <= then.all {
		return 0
	}
	return 1 - float64(now.idle-then.idle)/float64(now.all-then.all)
}

// quiet is how much of the machine may be used by others for it to count as quiet.
const quiet = 0.25

// AwaitQuiet waits until nearly nobody uses the machine, for two seconds, and
// reports whether that came to be within the limit.
func AwaitQuiet(ctx context.Context, limit time.Duration) bool {
	for end := time.Now().Add(limit); time.Now().Before(end); {
		then := ticksNow()
		if pause(ctx, 2*time.Second) != nil {
			return false
		}
		if busySince(then) < quiet {
			return true
		}
	}
	return false
}
