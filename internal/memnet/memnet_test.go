package memnet_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"jembatan/internal/memnet"
)

func TestPipeCarriesBytesBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memnet.Pipe(3) // Smaller than what is written.
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := io.WriteString(a, "hello, peer"); err != nil {
				t.Error(err)
			}
			a.Close()
		})
		got, err := io.ReadAll(b)
		if string(got) != "hello, peer" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		wg.Wait()
		if _, err := b.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("write to a closed peer: %v", err)
		}
		if _, err := a.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("read of a closed end: %v", err)
		}
	})
}

func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memnet.Pipe(1)
		defer b.Close()
		start := time.Now()
		_ = a.SetReadDeadline(start.Add(time.Second))
		if _, err := a.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("read: %v after %s", err, time.Since(start))
		}
		_ = a.SetWriteDeadline(time.Now().Add(time.Second))
		if n, err := a.Write([]byte("xy")); n != 1 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("write: %d, %v", n, err)
		}
		// A deadline that has passed can be moved; one that is set wakes a reader.
		_ = a.SetDeadline(time.Time{})
		time.AfterFunc(time.Minute, func() { _ = a.SetReadDeadline(time.Unix(1, 0)) })
		start = time.Now()
		if _, err := a.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Minute {
			t.Errorf("read: %v after %s", err, time.Since(start))
		}
		_ = a.SetDeadline(time.Now().Add(time.Hour))
		a.Close()
		_ = a.SetDeadline(time.Now().Add(time.Hour)) // After Close: harmless.
		_ = a.SetDeadline(time.Time{})
	})
}

func TestNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n memnet.Network
		if _, err := n.Dial(t.Context(), "tcp", "a:1"); !errors.Is(err, memnet.ErrRefused) {
			t.Errorf("nobody there: %v", err)
		}
		l, err := n.Listen("a:1")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.Listen("a:1"); err == nil {
			t.Error("listened twice")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := n.Dial(ctx, "tcp", "a:1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("nobody accepts: %v", err)
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			c, err := l.Accept()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.Copy(c, c)
			c.Close()
		})
		c, err := n.Dial(t.Context(), "tcp", "a:1")
		if err != nil {
			t.Fatal(err)
		}
		if c.RemoteAddr().String() != "a:1" {
			t.Errorf("remote %s", c.RemoteAddr())
		}
		_, _ = io.WriteString(c, "x")
		if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
			t.Error(err)
		}
		c.Close()
		wg.Wait()
		l.Close()
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("accept after Close: %v", err)
		}
		if _, err := n.Dial(t.Context(), "tcp", "a:1"); !errors.Is(err, memnet.ErrRefused) {
			t.Errorf("dial after Close: %v", err)
		}
	})
}
