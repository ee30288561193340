//go:build linux

package rehearsal

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"jembatan/internal/lab"
)

// checkerArg is the first argument of a checker's process.
const checkerArg = "rehearsal-checker"

// gcPercent lets a checker, which is small, spend memory to save the machine's time.
const gcPercent = 400

// Stage has to be called first by every program that calls Run. In a process of a
// lab, or of a checker in it, it does that process's work and returns the code to
// exit with; in others ran is false and nothing was done.
func Stage() (code int, ran bool) {
	if code, ran := lab.Stage(); ran {
		return code, ran
	}
	if len(os.Args) != 3 || os.Args[1] != checkerArg {
		return 0, false
	}
	debug.SetGCPercent(gcPercent)
	lab.Behind()
	if err := checkerStage(os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "checker:", err)
		return 1, true
	}
	return 0, true
}

func checkerStage(config string) error {
	var o checkerOptions
	if err := json.Unmarshal([]byte(config), &o); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	return check(ctx, o, os.Stdout)
}
