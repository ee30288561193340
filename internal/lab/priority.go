//go:build linux

package lab

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// On a network every machine has processors of its own; here all share a few. So
// that what is measured is the service and not the measuring, routers come before
// hosts, and hosts before clients and whoever only watches. The numbers are
// niceness (setpriority(2)): 5 is a third of the usual weight, 15 a thirtieth.
const (
	hostNice   = 5
	clientNice = 15
)

// Behind makes the calling process one that only watches. It has to be called
// first: threads inherit it from the one that starts them.
func Behind() { renice(os.Getpid(), clientNice) }

// renice sets the niceness of all threads of a process. Without it everything
// works as well, so it has no error.
func renice(pid, nice int) {
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return
	}
	for _, t := range threads {
		if id, err := strconv.Atoi(t.Name()); err == nil {
			_ = unix.Setpriority(unix.PRIO_PROCESS, id, nice)
		}
	}
}
