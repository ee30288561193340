//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// space returns the namespace of a router, a host, or "internet".
func (w *world) space(name string) (*space, error) {
	if r := w.router(name); r != nil {
		return r.space, nil
	}
	if h := w.host(name); h != nil {
		return h.space, nil
	}
	if name == w.wan.name {
		return w.wan, nil
	}
	return nil, fmt.Errorf("the lab has no %q; it has %s", name, strings.Join(w.names(), ", "))
}

// host returns a host by name, or nil.
func (w *world) host(name string) *host {
	if i := slices.IndexFunc(w.hosts, func(h *host) bool { return h.name() == name }); i >= 0 {
		return w.hosts[i]
	}
	return nil
}

func (w *world) names() []string {
	var out []string
	for _, r := range w.routers {
		out = append(out, r.name())
	}
	for _, h := range w.hosts {
		out = append(out, h.name())
	}
	return append(out, w.wan.name)
}

// exec runs a command inside a namespace. Its process group is asked to end when
// ctx does, and killed if it has not after endPatience.
func (w *world) exec(ctx context.Context, r *request) (int, error) {
	s, err := w.space(r.Host)
	if err != nil {
		return 0, err
	}
	if len(r.Args) == 0 || len(r.files) != 3 {
		return 0, errors.New("exec: no command")
	}
	path, err := exec.LookPath(r.Args[0])
	if err != nil {
		return 0, fmt.Errorf("exec: %w", err)
	}
	cmd := exec.Command(path, r.Args[1:]...) //nolint:noctx // ctx ends its whole process group, below.
	cmd.Dir, cmd.Env = r.Dir, append(r.Env, w.environment(r.Host)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = r.files[0], r.files[1], r.files[2]
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if h := w.host(r.Host); h != nil && h.isOff() {
		return 0, fmt.Errorf("exec: %s is switched off", r.Host)
	}
	if err := s.do(func() error { return w.children.start(cmd) }); err != nil {
		return 0, fmt.Errorf("exec: %w", err)
	}
	renice(cmd.Process.Pid, hostNice)
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) // Gone already is fine.
		select {
		case <-ended:
		case <-time.After(endPatience):
		}
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // What it left behind, too.
	})
	defer stop()
	err = w.children.wait(cmd)
	close(ended)
	if ee, ok := errors.AsType[*exec.ExitError](err); ok {
		if ee.ExitCode() < 0 {
			return 128 + int(ee.Sys().(syscall.WaitStatus).Signal()), nil
		}
		return ee.ExitCode(), nil
	}
	return 0, err
}

// endPatience is how long a program may take to end when whoever ran it has left.
const endPatience = 3 * time.Second

// environment is what programs of a host get beside their caller's variables: a
// controller keeps its state in the lab, which it shares with nobody outside.
func (w *world) environment(name string) []string {
	if h := w.host(name); h != nil && h.plan.Kind == manager {
		return []string{"XDG_STATE_HOME=" + h.dir}
	}
	return nil
}

// PingOptions say what to ping.
type PingOptions struct {
	To       string // a host's name or an address
	From     string // source address; empty: left to the routes
	Count    int
	Interval time.Duration
	Size     int           // of the IP packet; 0: 84
	Timeout  time.Duration // for the last answers; 0: one second
}

// A PingResult is what came of it.
type PingResult struct {
	Sent, Received int
	Lost           []int // sequence numbers, from 0
	Min, Avg, Max  time.Duration
}

// target resolves the name of a host, or an address.
func (w *world) target(name string) (netip.Addr, error) {
	if h := w.host(name); h != nil {
		return h.plan.Address.Addr(), nil
	}
	a, err := netip.ParseAddr(name)
	if err != nil {
		return a, fmt.Errorf("%q is no host of the lab and no address", name)
	}
	return a, nil
}

// pingFrom sends count echo requests at their times, whether answers come or not.
func (w *world) pingFrom(ctx context.Context, from string, o *PingOptions) (*PingResult, error) {
	s, err := w.space(from)
	if err != nil {
		return nil, err
	}
	if o == nil || o.Count < 1 || o.Count > 65535 {
		return nil, errors.New("ping: count 1..65535")
	}
	dst, err := w.target(o.To)
	if err != nil {
		return nil, err
	}
	src, _ := netip.ParseAddr(o.From)
	size, timeout := o.Size, o.Timeout
	if size == 0 {
		size = 84
	}
	if timeout == 0 {
		timeout = time.Second
	}
	p, err := s.pinger(dst, src)
	if err != nil {
		return nil, fmt.Errorf("ping from %s: %w", from, err)
	}
	defer p.close()
	return p.series(ctx, o.Count, o.Interval, size, timeout), nil
}

// series sends and receives until every answer is there or its time is over.
func (p *pinger) series(ctx context.Context, count int, interval time.Duration, size int, timeout time.Duration) *PingResult {
	sent := make([]time.Time, 0, count)
	got := make([]time.Duration, count)
	left := count
	next := time.Now()
	for left > 0 && ctx.Err() == nil {
		now := time.Now()
		if len(sent) < count && !now.Before(next) {
			_ = p.send(uint16(len(sent)), size) // No route is a loss like any other.
			sent = append(sent, time.Now())
			next = next.Add(interval)
			continue
		}
		wait := time.Until(next)
		if len(sent) == count {
			wait = timeout - now.Sub(sent[count-1])
			if wait <= 0 {
				break
			}
		}
		if seq, ok := p.receive(wait); ok && int(seq) < len(sent) && got[seq] == 0 {
			got[seq] = max(1, time.Since(sent[seq]))
			left--
		}
	}
	return summary(len(sent), got)
}

func summary(sent int, got []time.Duration) *PingResult {
	r := &PingResult{Sent: sent, Lost: []int{}}
	var sum time.Duration
	for i, d := range got[:sent] {
		if d == 0 {
			r.Lost = append(r.Lost, i)
			continue
		}
		r.Received++
		sum += d
		if r.Min == 0 || d < r.Min {
			r.Min = d
		}
		r.Max = max(r.Max, d)
	}
	if r.Received > 0 {
		r.Avg = sum / time.Duration(r.Received)
	}
	return r
}

// A GetResult is an answer over HTTP.
type GetResult struct {
	Code int
	Body string
	Took time.Duration
}

// getTimeout bounds a request of a client.
const getTimeout = 5 * time.Second

func (w *world) getFrom(ctx context.Context, from string, args []string) (*GetResult, error) {
	s, err := w.space(from)
	if err != nil {
		return nil, err
	}
	if len(args) != 1 {
		return nil, errors.New("get: one URL")
	}
	ctx, cancel := context.WithTimeout(ctx, getTimeout)
	defer cancel()
	begun := time.Now()
	code, body, err := s.get(ctx, args[0])
	if err != nil {
		return nil, err
	}
	return &GetResult{code, string(body), time.Since(begun)}, nil
}

// logLimit is how much of a log is shown.
const logLimit = 64 << 10

// logs returns the end of each log of a host.
func (w *world) logs(name string) (map[string]string, error) {
	h := w.host(name)
	if h == nil {
		return nil, fmt.Errorf("the lab has no host %q; a router's log is /log of its API", name)
	}
	out := map[string]string{}
	files, err := filepath.Glob(filepath.Join(h.dir, "*.log"))
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		out[strings.TrimSuffix(filepath.Base(f), ".log")] = string(b[max(0, len(b)-logLimit):])
	}
	return out, nil
}
