package routeros_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// servePeer in the environment makes the test binary a device for figures that
// need a process of its own.
const servePeer = "JEMBATAN_TEST_SERVE_PEER"

func TestMain(m *testing.M) {
	if os.Getenv(servePeer) != "" {
		serveForever()
		return
	}
	goleak.VerifyTestMain(m)
}

// serveForever serves canned replies on a loopback port, which it prints, until
// its standard input ends.
func serveForever() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(l.Addr())
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serveCanned(conn, nil)
		}
	}()
	_, _ = bufio.NewReader(os.Stdin).ReadByte()
}

// startPeer starts such a process, which ends with the test, and returns its
// address.
func startPeer(t testing.TB) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), servePeer+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}
