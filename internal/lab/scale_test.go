//go:build linux

package lab

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestHundredRouters brings 100 routers and 99 tunnels up from nothing until all
// hosts reach the hub's.
func TestHundredRouters(t *testing.T) {
	needRoot(t)
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	const n = 100
	src := sites(n, 1600, "    shape: hub\n    hubs: [r001]\n    tunnels: {mtu: 1500, keepalive: \"1s,3\"}\n")
	begun := time.Now()
	l := start(t, Options{Source: src})
	t.Logf("%d routers and hosts up after %v", n, time.Since(begun))
	applyAll(t, controller(t, l, src))
	t.Logf("%d tunnels run after %v", n-1, time.Since(begun))
	var wait sync.WaitGroup
	missing := make(chan string, n)
	for i := range n - 1 {
		wait.Go(func() {
			name := fmt.Sprintf("pc-r%03d", i+2)
			r, err := l.Ping(t.Context(), name, PingOptions{To: "pc-r001", Count: 1, Timeout: 5 * time.Second})
			if err != nil || r.Received != 1 {
				missing <- name
			}
		})
	}
	wait.Wait()
	close(missing)
	for name := range missing {
		t.Errorf("%s does not reach the hub's host", name)
	}
	took := time.Since(begun)
	mb := memory(t, l)
	t.Logf("all %d hosts ping after %v; %d MB resident", n, took, mb)
	if took > 20*time.Second {
		t.Errorf("that is more than 20 s")
	}
	if mb > 2048 {
		t.Errorf("that is more than 2 GiB")
	}
}

// memory returns what the lab's first process has resident, in MB.
func memory(t *testing.T, l *Lab) int {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", l.pid))
	must(t, err)
	for line := range strings.SplitSeq(string(b), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.Atoi(strings.Fields(rest)[0])
			must(t, err)
			return kb / 1024
		}
	}
	t.Fatal("no VmRSS")
	return 0
}
