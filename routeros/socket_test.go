package routeros_test

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"jembatan/routeros"
)

// onLoopback serves p on a TCP port.
func onLoopback(t *testing.T, p *peer) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			p.wg.Go(func() { p.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.wg.Wait()
	})
	return l.Addr().String()
}

// The promise of many calls at once, on a real socket: calls that are given up
// among calls that are not, and every reply where it belongs.
func TestCallsOnASocket(t *testing.T) {
	p := &peer{answer: func(c *peerConn, cmd command) {
		if cmd.path != "/never/print" {
			echo(c, cmd)
		}
	}}
	s, err := routeros.Dial(t.Context(), onLoopback(t, p), routeros.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 200 {
				want := strconv.Itoa(g*1000 + i)
				rows, err := routeros.Print(t.Context(), s, "/echo", []string{want})
				if err != nil || len(rows) != 1 {
					t.Errorf("%d rows, %v", len(rows), err)
					return
				}
				if got, _ := rows[0].Get(".proplist"); got != want {
					t.Errorf("call %s got the reply of %s", want, got)
				}
			}
		})
		wg.Go(func() {
			for range 50 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
				_, err := routeros.Print(ctx, s, "/never", nil)
				cancel()
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("given up: %v", err)
				}
			}
		})
	}
	wg.Wait()
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	if _, err := routeros.Dial(t.Context(), addr, routeros.Options{}); err == nil || errors.Is(err, routeros.ErrLogin) {
		t.Errorf("err = %v", err)
	}
}
