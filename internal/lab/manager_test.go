//go:build linux

package lab

import (
	"bytes"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"jembatan/examples"
	"jembatan/tunnel/spec"
)

// TestController runs the program itself inside the lab: it reaches every router
// by its real address over the WAN links, and the servers in the segment.
func TestController(t *testing.T) {
	needRoot(t)
	t.Setenv("JEMBATAN_PASSWORD", "secret")
	t.Setenv("JEMBATAN_DB_PASSWORD", "db")
	l := start(t, Options{Source: examples.TwoSites(), Controller: "mlg"})
	binary := filepath.Join(t.TempDir(), "jembatan")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/jembatan").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	src, err := spec.Rewrite(examples.TwoSites(), l.Inside())
	must(t, err)
	if !bytes.Contains(src, []byte("198.51.100.1:8729")) {
		t.Errorf("jkt's address is not in:\n%s", src)
	}
	file := filepath.Join(t.TempDir(), "inside.yaml")
	must(t, os.WriteFile(file, src, 0o600))
	jembatan := func(want int, args ...string) string {
		t.Helper()
		code, out := run(t, l, "controller", append([]string{binary}, append(args, "-f", file)...)...)
		if code != want {
			t.Fatalf("%v ends with %d, not %d:\n%s", args, code, want, out)
		}
		return out
	}
	t.Logf("plan: %s", lastLine(jembatan(2, "plan")))
	t.Logf("apply: %s", lastLine(jembatan(0, "apply", "--yes")))
	until(t, "all is well", func() bool {
		code, _ := run(t, l, "controller", binary, "status", "-f", file)
		return code == 0
	})
	if _, out := run(t, l, "controller", "ls", "/run/lab/controller/jembatan"); !strings.Contains(out, "applies") {
		t.Errorf("the state is not in the lab: %s", out)
	}
	for _, to := range []string{"main", "backup", "standby", "pc-mlg"} {
		if r := ping(t, l, "controller", PingOptions{To: to, Count: 2}); r.Received != 2 {
			t.Errorf("the controller does not reach %s: %+v", to, r)
		}
	}
	_, err = l.Fault(t.Context(), "cut", "jkt.metro")
	must(t, err)
	for name, e := range l.Inside() {
		to := netip.MustParseAddrPort(e.Address)
		code, out := run(t, l, "controller", "bash", "-c", "timeout 1 bash -c 'exec 3<>/dev/tcp/"+to.Addr().String()+"/8729'")
		if (code == 0) != (name != "jkt") {
			t.Errorf("jkt's WAN is cut; connecting to %s ends with %d %s", name, code, out)
		}
	}
	_, err = l.Fault(t.Context(), "clear")
	must(t, err)
	jembatan(0, "status")
	ends(t, l)
}

// ends lets a program of the controller's host die in each way that there is.
func ends(t *testing.T, l *Lab) {
	t.Helper()
	for _, fault := range [][]string{{"kill", "controller", "sleep"}, {"power-off", "controller"}} {
		out := filepath.Join(t.TempDir(), "up")
		codes := make(chan int, 1)
		go func() {
			code, _ := run(t, l, "controller", "bash", "-c", "echo >"+out+"; exec sleep 60")
			codes <- code
		}()
		until(t, "the program runs", func() bool {
			_, err := os.Stat(out)
			return err == nil
		})
		until(t, "it is struck", func() bool { // It is sleep a moment later.
			_, err := l.Fault(t.Context(), fault...)
			return err == nil
		})
		if code := <-codes; code != 128+int(syscall.SIGKILL) {
			t.Errorf("after %v the program ends with %d", fault, code)
		}
		if _, err := l.Exec(t.Context(), "controller", []string{"true"}, os.Stdin, os.Stdout, os.Stderr); (err != nil) != (fault[0] == "power-off") {
			t.Errorf("after %v a program gets %v", fault, err)
		}
		made(t, l, "clear")
	}
}

// run runs a command inside a host and returns its exit code and what it printed.
func run(t *testing.T, l *Lab, host string, argv ...string) (int, string) {
	t.Helper()
	out, err := os.CreateTemp(t.TempDir(), "out")
	must(t, err)
	defer out.Close()
	null, err := os.Open(os.DevNull)
	must(t, err)
	defer null.Close()
	code, err := l.Exec(t.Context(), host, argv, null, out, out)
	must(t, err)
	_, err = out.Seek(0, io.SeekStart)
	must(t, err)
	b, err := io.ReadAll(out)
	must(t, err)
	return code, string(b)
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}
