//go:build linux

package lab

import (
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// children are the processes that the lab has started. The lab is the first
// process of its pid namespace, so what others leave behind becomes its child
// too and has to be reaped.
type children struct {
	mu  sync.Mutex // Guards own; held while a process starts.
	own map[int]bool
}

// start starts a process that wait will be called for.
func (c *children) start(cmd *exec.Cmd) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := cmd.Start(); err != nil {
		return err
	}
	if c.own == nil {
		c.own = map[int]bool{}
	}
	c.own[cmd.Process.Pid] = true
	return nil
}

// wait waits for a process that start has started.
func (c *children) wait(cmd *exec.Cmd) error {
	err := cmd.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.own, cmd.Process.Pid)
	return err
}

// reapEvery is how often orphans are looked for when no signal comes.
const reapEvery = time.Second

// reap takes orphans that have ended, until stop is closed.
func (c *children) reap(stop <-chan struct{}) {
	if os.Getpid() != 1 {
		return
	}
	sig := make(chan os.Signal, 1)
	signal.Notify(sig, syscall.SIGCHLD)
	defer signal.Stop(sig)
	t := time.NewTicker(reapEvery)
	defer t.Stop()
	for {
		select {
		case <-stop:
			return
		case <-sig:
		case <-t.C:
		}
		for c.reapOne() {
		}
	}
}

// reapOne takes one orphan; false means that there is none, or that the first
// process that has ended is one of the lab's own, whose owner takes it.
func (c *children) reapOne() bool {
	var info unix.Siginfo
	if unix.Waitid(unix.P_ALL, 0, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil) != nil {
		return false
	}
	pid := siginfoPid(&info)
	c.mu.Lock()
	defer c.mu.Unlock()
	if pid == 0 || c.own[pid] {
		return false
	}
	_, err := unix.Wait4(pid, nil, unix.WNOHANG, nil)
	return err == nil
}

// siginfoPid returns si_pid: after signo, errno, code and padding, at byte 16.
func siginfoPid(s *unix.Siginfo) int {
	return int(*(*int32)(unsafe.Add(unsafe.Pointer(s), 16)))
}
