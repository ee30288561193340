//go:build linux

package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// processes returns the ids of all processes that live in the host's network
// namespace, the lab's own and those that lab exec has started.
func (h *host) processes() ([]int, error) {
	var home syscall.Stat_t
	if err := syscall.Fstat(h.space.fd(), &home); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var out []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		var at syscall.Stat_t
		// The lab itself visits its hosts; what has ended has no namespace.
		if err == nil && pid != os.Getpid() && syscall.Stat(filepath.Join("/proc", e.Name(), "ns/net"), &at) == nil && at.Ino == home.Ino {
			out = append(out, pid)
		}
	}
	return out, nil
}

// each sends a signal to every process of the host, also to those that are
// started meanwhile.
func (h *host) each(sig syscall.Signal) error {
	seen := map[int]bool{}
	for range 20 {
		pids, err := h.processes()
		if err != nil {
			return fmt.Errorf("processes of %s: %w", h.name(), err)
		}
		more := false
		for _, pid := range pids {
			if !seen[pid] {
				seen[pid], more = true, true
				_ = syscall.Kill(pid, sig) // Gone already is fine.
			}
		}
		if !more {
			return nil
		}
	}
	return fmt.Errorf("%s starts processes faster than they can be counted", h.name())
}

// called returns the processes of the host whose program has that name.
func (h *host) called(name string) []int {
	pids, err := h.processes()
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(pids, func(pid int) bool {
		exe, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(pid), "exe"))
		return err != nil || filepath.Base(exe) != name
	})
}

// gone waits until processes have ended, or deadPatience is over.
func gone(pids []int) {
	for end := time.Now().Add(deadPatience); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if !slices.ContainsFunc(pids, func(pid int) bool { return syscall.Kill(pid, 0) == nil }) {
			return
		}
	}
}

// deadPatience is how long a killed process may take: one that is busy in the
// kernel takes its time.
const deadPatience = 5 * time.Second
