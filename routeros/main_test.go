package routeros_test

import (
	"bufio"
	"crypto/tls"
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

// serveForever serves canned replies on two loopback ports, the second inside
// TLS, until its standard input ends. It prints both addresses and the
// certificate's fingerprint.
func serveForever() {
	cert, err := selfSigned("peer.example")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, wrap := range []func(net.Conn) net.Conn{
		func(c net.Conn) net.Conn { return c },
		func(c net.Conn) net.Conn { return tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}}) },
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Print(l.Addr(), " ")
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				go serveCanned(wrap(conn), nil)
			}
		}()
	}
	fmt.Println(pinOf(cert))
	_, _ = bufio.NewReader(os.Stdin).ReadByte()
}

// startPeer starts such a process, which ends with the test, and returns what
// it printed.
func startPeer(t testing.TB) (plain, secure, pin string) {
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
	words := strings.Fields(line)
	return words[0], words[1], words[2]
}
