package mariadb_test

import (
	"io"
	"net"
	"testing"
	"time"

	"jembatan/internal/mariadb"
)

// TestProxy sees bytes pass, wait and stop.
func TestProxy(t *testing.T) {
	echo, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer echo.Close()
	go func() {
		for {
			c, err := echo.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); _, _ = io.Copy(c, c) }()
		}
	}()
	p, err := mariadb.NewProxy(echo.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	c, err := net.Dial("tcp", p.Address().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	says := func(within time.Duration) error {
		if err := c.SetReadDeadline(time.Now().Add(within)); err != nil {
			t.Fatal(err)
		}
		_, err := c.Read(make([]byte, 1))
		return err
	}
	send := func() {
		if _, err := c.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if send(); says(5*time.Second) != nil {
		t.Error("nothing passes")
	}
	p.Hold()
	if send(); says(50*time.Millisecond) == nil {
		t.Error("a held connection passes")
	}
	p.Heal()
	if says(5*time.Second) != nil {
		t.Error("what was held is lost")
	}
	p.Cut()
	if says(5*time.Second) == nil {
		t.Error("a cut connection lives")
	}
	if d, err := net.Dial("tcp", p.Address().String()); err == nil {
		defer d.Close()
		_ = d.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err := d.Read(make([]byte, 1)); err == nil {
			t.Error("a cut proxy passes")
		}
	}
}
