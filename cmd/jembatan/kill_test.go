package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/internal/emulate"
	"jembatan/routeros"
	"jembatan/routeros/emulator"
	"jembatan/routeros/proto"
	"jembatan/tunnel"
	"jembatan/tunnel/spec"
)

var table = flag.Bool("table", false, "kill at every step, not at some, and print the table")

// Two sites as they are and as they shall be: the change adds, sets and removes
// on both routers.
const (
	killHead = `version: 1
credentials: {user: admin, password: {env: JEMBATAN_PASSWORD}, tls: off}
routers:
  jkt:
    address: 198.51.100.1
    uplinks: {metro: {address: 198.51.100.1}, lte: {address: 203.0.113.1}}
  sby:
    address: 198.51.100.2
    uplinks: {metro: {address: 198.51.100.2}, lte: {address: 203.0.113.2}}
segments:
  servers:
    subnet: 192.168.50.0/24
    bridge: br-servers
    shape: hub
    hubs: [jkt]
`
	killBefore = killHead + `    members: {jkt: {ports: [ether5]}, sby: {ports: [ether5]}}
    tunnels: {mtu: 1400, keepalive: "1s,3", redundancy: none}
`
	killAfter = killHead + `    members: {jkt: {ports: [ether5]}, sby: {ports: [ether4]}}
    tunnels: {mtu: auto, keepalive: "1s,3", redundancy: bond}
`
)

// killGuardTime is how long scheduler guards wait here.
const killGuardTime = 8 * time.Second

// A killCase is one kind of guard and a release that has it.
type killCase struct {
	guard, version string
	heals          time.Duration // within which routers are whole by themselves
}

// TestKillTable kills the real binary with SIGKILL in the middle of and after
// every command that it sends to change a router, under each kind of guard.
// Guarded routers are then as before or as planned by themselves; after
// jembatan recover all are the same, and nothing of ours is left on them.
func TestKillTable(t *testing.T) {
	if *table {
		fmt.Printf("%-12s %-10s %9s %7s %9s %8s\n", "guard", "RouterOS", "commands", "killed", "planned", "before")
	}
	for _, c := range []killCase{
		{"safe-mode", "7.24", 4 * time.Second},
		{"scheduler", "7.16.1", killGuardTime + time.Second},
		{"none", "6.49.10", 0},
	} {
		t.Run(c.guard, func(t *testing.T) {
			k := newKills(t, c)
			k.all()
			if *table {
				fmt.Printf("%-12s %-10s %9d %7d %9d %8d\n", c.guard, c.version, k.writes, k.planned+k.before, k.planned, k.before)
			}
		})
	}
}

// kills are all cases of one kind.
type kills struct {
	*testing.T

	c      killCase
	start  map[string]string // the routers' configurations before, to import
	was    map[string]string // exports before
	want   map[string]string // exports as planned
	writes int               // that an apply makes

	mu              sync.Mutex // guards all below
	planned, before int
}

// newKills plays both applies undisturbed, to know what is right.
func newKills(t *testing.T, c killCase) *kills {
	t.Helper()
	k := &kills{T: t, c: c, start: map[string]string{}}
	b := k.bench(killBefore, false)
	defer b.close()
	b.jembatan(0, "apply", "--yes", "--guard", "none")
	for _, d := range b.world.Devices() {
		k.start[d.Name()] = d.Script(true)
	}
	k.was = b.exports()
	b.file(killAfter)
	b.proxy.reset()
	b.jembatan(0, "apply", "--yes", "--guard", c.guard)
	k.writes, k.want = b.proxy.count(), b.exports()
	return k
}

// killsAtOnce bounds the cases that run together; most only wait for guards.
const killsAtOnce = 24

func (k *kills) all() {
	var wg sync.WaitGroup
	places := make(chan struct{}, killsAtOnce)
	stride := 1
	if !*table {
		stride = 5
	}
	for n := 1; n <= k.writes; n += stride {
		for _, half := range []bool{true, false} {
			places <- struct{}{}
			wg.Go(func() {
				defer func() { <-places }()
				k.one(n, half)
			})
		}
	}
	wg.Wait()
}

// one kills at the n-th command: in the middle of it, or when it has been sent.
func (k *kills) one(n int, half bool) {
	b := k.bench(killAfter, true)
	defer b.close()
	for _, d := range b.world.Devices() {
		if err := d.Import(k.start[d.Name()]); err != nil {
			k.Errorf("%v", err)
			return
		}
	}
	if d := cmp.Diff(k.was, b.exports()); d != "" {
		k.Errorf("imported is not what was exported (-want +got):\n%s", d)
		return
	}
	cmd := b.command("apply", "--yes", "--guard", k.c.guard)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		k.Error(err)
		return
	}
	b.proxy.killAt(n, half, func() { _ = cmd.Process.Kill() })
	err := cmd.Wait()
	what := fmt.Sprintf("killed at command %d (%s), half %v", n, b.proxy.last(), half)
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != -1 {
		k.Errorf("%s: it ended by itself: %v\n%s", what, err, out.String())
		return
	}
	if k.c.heals > 0 {
		time.Sleep(k.c.heals) // The routers' own clocks: there is nothing to wait on.
		k.eitherWay(what, b)
	}
	b.jembatan(0, "recover")
	k.whole(what, b)
}

// eitherWay expects each router as before or as planned, the lock left aside,
// which has a time of its own.
func (k *kills) eitherWay(what string, b *killBench) {
	for name, text := range b.exports() {
		lines := slices.DeleteFunc(strings.Split(text, "\n"), func(l string) bool {
			return strings.Contains(l, "jembatan-lock") || l == "system/script"
		})
		text = strings.Join(lines, "\n")
		if text != k.was[name] && text != k.want[name] {
			k.Errorf("%s: by itself %s is neither as before nor as planned (-before +got):\n%s", what, name, cmp.Diff(k.was[name], text))
		}
	}
}

// whole expects all routers as before or all as planned, and nothing of ours.
func (k *kills) whole(what string, b *killBench) {
	got := b.exports()
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case cmp.Equal(got, k.want):
		k.planned++
	case cmp.Equal(got, k.was):
		k.before++
	default:
		k.Errorf("%s: not whole (-before +got):\n%s", what, cmp.Diff(k.was, got))
	}
	for _, d := range b.world.Devices() {
		if rows, err := d.Do("/safe-mode/print"); err == nil && rows[0]["enabled"] == "true" {
			k.Errorf("%s: %s is still in safe mode", what, d.Name())
		}
	}
}

// A killBench is two emulated routers on sockets, a proxy before them, and a
// folder with a topology and a state directory.
type killBench struct {
	*testing.T

	dir    string
	world  *emulator.World
	server *emulate.Server
	proxy  *proxy
}

func (k *kills) bench(site string, bare bool) *killBench {
	k.Helper()
	dir, err := os.MkdirTemp("", "jembatan-kill-")
	if err != nil {
		k.Fatal(err)
	}
	topology, problems := spec.Parse("site.yaml", []byte(site))
	if err := problems.Err(); err != nil {
		k.Fatal(err)
	}
	b := &killBench{T: k.T, dir: dir, world: emulator.NewWorld()}
	devices := emulate.Devices(topology, []string{k.c.version}, func(tunnel.SecretRef) (routeros.Secret, error) { return "x", nil })
	for i := range devices {
		if bare { // The import brings them.
			devices[i].Addresses = nil
		}
	}
	b.server, err = emulate.Serve(b.world, devices, emulate.ServeOptions{Listen: netip.MustParseAddr("127.0.0.1"), At: emulate.Places(topology)})
	if err != nil {
		k.Fatal(err)
	}
	b.proxy = newProxy(b.server.Endpoints())
	b.file(site)
	return b
}

func (b *killBench) close() {
	b.proxy.close()
	b.server.Close()
	b.world.Close()
	_ = os.RemoveAll(b.dir)
}

// file writes the topology with the proxy's addresses.
func (b *killBench) file(site string) {
	src, err := spec.Rewrite([]byte(site), b.proxy.endpoints)
	if err == nil {
		err = os.WriteFile(filepath.Join(b.dir, "site.yaml"), src, 0o600)
	}
	if err != nil {
		b.Error(err)
	}
}

func (b *killBench) command(verb string, args ...string) *exec.Cmd {
	cmd := exec.Command("jembatan", append([]string{verb, "-f", filepath.Join(b.dir, "site.yaml")}, args...)...)
	cmd.Env = append(os.Environ(), "JEMBATAN_PASSWORD=x", "JEMBATAN_LOG_LEVEL=error",
		"JEMBATAN_STATE_DIR="+filepath.Join(b.dir, "state"), "JEMBATAN_APPLY_GUARD_TIME="+killGuardTime.String())
	return cmd
}

// jembatan runs a command and expects its exit code.
func (b *killBench) jembatan(want int, verb string, args ...string) {
	out, err := b.command(verb, args...).CombinedOutput()
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else if err != nil {
		code = -1
	}
	if code != want {
		b.Errorf("jembatan %s ended with %d, not %d: %v\n%s", verb, code, want, err, out)
	}
}

// exports are the configurations, rows of a menu in order: one that was removed
// and added again stands at another place.
func (b *killBench) exports() map[string]string {
	out := map[string]string{}
	for _, d := range b.world.Devices() {
		sections := strings.Split(d.Export(), "\n/")
		for i, s := range sections {
			lines := strings.Split(strings.TrimSpace(s), "\n")
			slices.Sort(lines[1:])
			sections[i] = strings.Join(lines, "\n")
		}
		out[d.Name()] = strings.Join(sections, "\n")
	}
	return out
}

// A proxy stands between the binary and its routers, counts the commands that
// change something, and kills.
type proxy struct {
	endpoints map[string]spec.Endpoint
	listeners []net.Listener

	mu    sync.Mutex // guards all below
	seen  int
	path  string
	at    int
	half  bool
	kill  func()
	conns []net.Conn
}

func newProxy(routers map[string]spec.Endpoint) *proxy {
	p := &proxy{endpoints: map[string]spec.Endpoint{}}
	for name, e := range routers {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			panic(err) // No loopback: nothing here can work.
		}
		p.listeners = append(p.listeners, l)
		p.endpoints[name] = spec.Endpoint{Address: l.Addr().String()}
		go p.serve(l, e.Address)
	}
	return p
}

func (p *proxy) serve(l net.Listener, to string) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		router, err := net.Dial("tcp", to)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, client, router)
		p.mu.Unlock()
		go func() {
			_, _ = io.Copy(client, router)
			_ = client.Close()
		}()
		go p.forward(client, router)
	}
}

// forward carries sentences to a router.
func (p *proxy) forward(client, router net.Conn) {
	defer router.Close()
	r := proto.NewReader(client, proto.DefaultLimits())
	var s proto.Sentence
	for r.Read(&s) == nil {
		frame := s.AppendTo(nil)
		kill, half := p.note(string(s.Word(0)))
		if kill != nil && half {
			frame = frame[:len(frame)/2]
		}
		if _, err := router.Write(frame); err != nil {
			return
		}
		if kill != nil {
			kill()
		}
	}
}

// note counts a command; kill is not nil when it is the one.
func (p *proxy) note(path string) (kill func(), half bool) {
	verb := path[strings.LastIndexByte(path, '/')+1:]
	if !slices.Contains([]string{"add", "set", "remove", "take", "release", "unroll"}, verb) {
		return nil, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen++
	if p.seen <= p.at || p.at == 0 {
		p.path = path
	}
	if p.seen == p.at {
		return p.kill, p.half
	}
	return nil, false
}

func (p *proxy) killAt(n int, half bool, kill func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at, p.half, p.kill = n, half, kill
}

func (p *proxy) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen
}

func (p *proxy) last() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.path
}

func (p *proxy) reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = 0
}

func (p *proxy) close() {
	for _, l := range p.listeners {
		_ = l.Close()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
}
