package mariadb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// A process is one running server. The kernel kills it when the thread that
// started it ends, so that goroutine holds its thread until the process is gone.
type process struct {
	pid  int
	done chan struct{} // closed when it is gone and waited for
}

// run starts argv, its output going to the end of the file log.
func run(argv []string, chroot, log string) (*process, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	p := &process{done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		defer close(p.done)
		defer out.Close()
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		cmd := exec.CommandContext(context.Background(), argv[0], argv[1:]...)
		cmd.Stdout, cmd.Stderr = out, out
		cmd.Dir = "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Chroot: chroot}
		err := cmd.Start()
		if err == nil {
			p.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its log
		}
	}()
	if err := <-started; err != nil {
		<-p.done
		return nil, err
	}
	return p, nil
}

func (p *process) alive() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// end stops the process and waits; one that does not leave in time is killed.
func (p *process) end(sig syscall.Signal) {
	_ = syscall.Kill(p.pid, sig)
	_ = syscall.Kill(p.pid, syscall.SIGCONT)
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		_ = syscall.Kill(p.pid, syscall.SIGKILL)
		<-p.done
	}
}

// output runs a program to its end and returns an error with the end of what it said.
func output(ctx context.Context, chroot string, argv ...string) error {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: chroot}
	said, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", argv[0], err, tail(string(said)))
	}
	return nil
}

// tail is the end of a log, for an error.
func tail(s string) string {
	const shown = 1200
	if len(s) > shown {
		s = s[len(s)-shown:]
	}
	return strings.TrimSpace(s)
}

// errGone says that a server ended while it was waited for.
var errGone = errors.New("the server ended")
