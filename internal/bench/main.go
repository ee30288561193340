// Command bench measures the built binary as a user meets it: separate
// processes, real sockets, wall clock and peak memory. It prints Markdown rows
// for docs/benchmarks.md. The ratios against other code are Go benchmarks; both
// are run by `make bench`.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run makes every measurement in turn.
func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "jembatan-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{ctx: ctx, dir: dir, binary: filepath.Join("bin", "jembatan")}
	fmt.Println("| what | figure |")
	fmt.Println("| --- | --- |")
	for _, f := range []func() error{b.bigSegment, b.manyDevices} {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

type bench struct {
	ctx         context.Context //nolint:containedctx // One run of one program.
	dir, binary string
}

func row(what, format string, args ...any) {
	fmt.Printf("| %s | %s |\n", what, fmt.Sprintf(format, args...))
}

// devices of one process.
const devices = 10000

// manyDevices times the start of ten thousand listening routers.
func (b *bench) manyDevices() error {
	begun := time.Now()
	p, err := b.emulate("--count", fmt.Sprint(devices), "--port-base", "12000") // Below the ports that systems hand out.
	if err != nil {
		return err
	}
	took := time.Since(begun)
	rss := residentMiB(p.cmd.Process.Pid)
	row(fmt.Sprintf("emulate: %d routers listening in one process, %s", devices, p.sockets), "ready after %.1f s, %d MiB resident", took.Seconds(), rss)
	return p.stop()
}

// An emulation is a running `jembatan emulate`.
type emulation struct {
	cmd     *exec.Cmd
	sockets string // how many sockets a router has
}

// emulate starts emulated routers and waits until they are ready.
func (b *bench) emulate(args ...string) (*emulation, error) {
	cmd := exec.CommandContext(b.ctx, b.binary, append([]string{"emulate"}, args...)...)
	cmd.Env = append(os.Environ(), "JEMBATAN_PASSWORD=bench", "XDG_STATE_HOME="+b.dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	e := &emulation{cmd: cmd, sockets: "api and api-ssl"}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var l struct {
			API    string
			APISSL string `json:"api_ssl"`
			Ready  bool
		}
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return nil, errors.Join(err, e.stop())
		}
		if l.Ready {
			return e, nil
		}
		if l.API == l.APISSL {
			e.sockets = "api and api-ssl on one socket (the limit of open files allows no more)"
		}
	}
	return nil, errors.Join(errors.New("emulate ended before it was ready"), cmd.Wait())
}

func (e *emulation) stop() error {
	if err := e.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	return e.cmd.Wait()
}

// residentMiB is a process's resident memory, from /proc.
func residentMiB(pid int) int {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		var kib int
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &kib); n == 1 {
			return kib >> 10
		}
	}
	return 0
}

// sites of the big segment: one hub and its spokes.
const sites = 500

// latency of every reply of its routers.
const latency = 2 * time.Millisecond

// bigSegment times plan and apply of one hub-and-spoke segment.
func (b *bench) bigSegment() error {
	file, live := filepath.Join(b.dir, "hub.yaml"), filepath.Join(b.dir, "live.yaml")
	if err := os.WriteFile(file, []byte(hubTopology(sites)), 0o600); err != nil {
		return err
	}
	e, err := b.emulate("-f", file, "--latency", latency.String(), "--write", live)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("%d routers, hub and spoke, %v a reply: ", sites, latency)
	for _, c := range []struct {
		name string
		code int
		args []string
	}{
		{"plan from nothing", 2, []string{"plan", "-f", live}},
		{"apply (plan, lock, recheck, guards, both ends, read back, fresh connections, first keepalives of 1 s)", 0, []string{"apply", "-f", live, "--yes"}},
		{"plan again, nothing to do", 0, []string{"plan", "-f", live}},
		{"destroy", 0, []string{"destroy", "-f", live, "--yes"}},
	} {
		if err := b.command(what+c.name, c.code, c.args...); err != nil {
			return errors.Join(err, e.stop())
		}
	}
	return e.stop()
}

// command times one command line.
func (b *bench) command(what string, code int, args ...string) error {
	cmd := exec.CommandContext(b.ctx, b.binary, args...)
	cmd.Env = append(os.Environ(), "JEMBATAN_PASSWORD=bench")
	var errs strings.Builder
	cmd.Stderr = &errs
	begun := time.Now()
	err := cmd.Run()
	took := time.Since(begun)
	if cmd.ProcessState == nil {
		return err
	}
	if got := cmd.ProcessState.ExitCode(); got != code {
		return fmt.Errorf("%s: exit code %d, want %d: %s", what, got, code, errs.String())
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return fmt.Errorf("%s: no resource usage", what)
	}
	row(what, "%.2f s, %.2f s of processor, peak %d MiB", took.Seconds(),
		(cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), usage.Maxrss>>10)
	return nil
}

// hubTopology is a file with one hub and n-1 spokes.
func hubTopology(n int) string {
	var routers, members strings.Builder
	for i := range n {
		address := fmt.Sprintf("198.18.%d.%d", i/250, i%250+1)
		fmt.Fprintf(&routers, "  r%d: {address: %s, uplinks: {wan: {address: %s}}}\n", i, address, address)
		fmt.Fprintf(&members, "      r%d: {ports: [ether2]}\n", i)
	}
	return fmt.Sprintf(`version: 1
credentials: {user: jembatan, password: {env: JEMBATAN_PASSWORD}}
routers:
%ssegments:
  lan:
    subnet: 10.0.0.0/16
    bridge: br-lan
    shape: hub
    hubs: [r0]
    members:
%s    tunnels: {mtu: auto, keepalive: "1s,10"}
`, routers.String(), members.String())
}
