//go:build linux

package lab

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"jembatan/examples"
)

// innerEnv tells the test binary that it runs as an ordinary user.
const innerEnv = "JEMBATAN_LAB_INNER"

// nobody is the ordinary user, as Debian numbers it.
const nobody = 65534

// TestUnprivileged runs the next test as an ordinary user, who makes a user
// namespace of his own.
func TestUnprivileged(t *testing.T) {
	needRoot(t)
	if inUserNamespace(t) {
		t.Skip("in a user namespace there is no other user: the other tests run unprivileged themselves")
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestAsOrdinaryUser$", "-test.v", "-test.timeout=60s")
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), innerEnv+"=1", "HOME=/", "TMPDIR="+os.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Fatalf("%v\n%s", err, out)
	}
	for line := range strings.SplitSeq(string(out), "\n") {
		if strings.Contains(line, "_test.go") {
			t.Log(strings.TrimSpace(line))
		}
	}
}

// inUserNamespace reports whether root here is not root of the machine.
func inUserNamespace(t *testing.T) bool {
	t.Helper()
	b, err := os.ReadFile("/proc/self/uid_map")
	must(t, err)
	return strings.Join(strings.Fields(string(b)), " ") != "0 0 4294967295"
}

// TestAsOrdinaryUser is what TestUnprivileged runs: tunnels, pings in full size,
// NAT and a fault.
func TestAsOrdinaryUser(t *testing.T) {
	if os.Getenv(innerEnv) == "" {
		t.Skip("run by TestUnprivileged")
	}
	if os.Getuid() == 0 {
		t.Fatal("this is root")
	}
	begun := time.Now()
	l := start(t, Options{Source: examples.TwoSites(), Clients: 1, Controller: "mlg"})
	applyAll(t, controller(t, l, examples.TwoSites()))
	s, err := l.Status(t.Context())
	must(t, err)
	t.Logf("user %d: up and applied after %v, TAP devices: %v", os.Getuid(), time.Since(begun), s.TAP)
	for _, to := range []string{"backup", "standby", "pc-mlg", "controller"} {
		if r := ping(t, l, "main", PingOptions{To: to, Count: 3, Interval: 10 * time.Millisecond, Size: 1500}); r.Received != 3 {
			t.Errorf("main → %s: %+v", to, r)
		}
	}
	if _, err := exec.LookPath("nft"); err == nil {
		throughOther(t, l)
	}
	made(t, l, "freeze", "main")
	if _, err := l.Get(t.Context(), "backup", "http://192.168.50.10/"); err == nil {
		t.Error("a frozen server answers")
	}
	made(t, l, "clear")
	_, err = l.Get(t.Context(), "backup", "http://192.168.50.10/")
	must(t, err)
}
