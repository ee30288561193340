package probe_test

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"jembatan/health"
	"jembatan/health/probe"
	"jembatan/internal/bootstrap"
	"jembatan/internal/memnet"
	"jembatan/routeros"
	"jembatan/routeros/emulator"
)

// router adds two emulated devices that see each other, and returns the world
// and a session with the first, of a user with exactly the rights that bootstrap
// asks for. All ends with the test.
func router(t *testing.T, version string) (*emulator.World, *emulator.Device, *routeros.Session) {
	t.Helper()
	w := emulator.NewWorld()
	d, err := w.Add(emulator.Config{Name: "jkt", Version: version, Addresses: []emulator.Address{{Address: "198.51.100.1/24", Interface: "ether1"}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Add(emulator.Config{Name: "sby", Version: version, Addresses: []emulator.Address{{Address: "198.51.100.2/24", Interface: "ether1"}}}); err != nil {
		t.Fatal(err)
	}
	var policies []string
	for _, p := range bootstrap.Policies() {
		policies = append(policies, p.Name)
	}
	for _, words := range [][]string{
		{"/user/group/add", "=name=least", "=policy=" + strings.Join(policies, ",")},
		{"/user/add", "=name=jembatan", "=password=open", "=group=least"},
	} {
		if _, err := d.Do(words[0], words[1:]...); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	s, err := routeros.Dial(t.Context(), "jkt:8728", routeros.Options{User: "jembatan", Password: "open", Dial: func(context.Context, string, string) (net.Conn, error) {
		near, far := memnet.Pipe(memnet.DefaultBuffer)
		wg.Go(func() { d.ServeConn(far) })
		return near, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		wg.Wait()
		w.Close()
	})
	return w, d, s
}

var (
	near = netip.MustParseAddr("198.51.100.1")
	far  = netip.MustParseAddr("198.51.100.2")
)

func TestRouterPing(t *testing.T) {
	for _, version := range []string{"6.49.10", "7.9.2", "7.16.1", "7.24"} {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, d, s := router(t, version)
				p := &probe.RouterPing{ID: id, Router: s, Address: far}
				expect(t, p, health.None)
				w.CutBoth(near, far)
				expect(t, p, health.Timeout)
				w.RestoreBoth(near, far)
				expect(t, p, health.None)
				d.PowerOff()
				expect(t, p, health.ProberFailed)
			})
		})
	}
}

func TestNetwatch(t *testing.T) {
	for _, version := range []string{"6.49.10", "7.10.2", "7.16.1", "7.24"} {
		t.Run(version, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { netwatch(t, version) }) })
	}
}

// netwatch follows a router's netwatch while what it watches comes and goes.
func netwatch(t *testing.T, version string) {
	t.Helper()
	w, d, s := router(t, version)
	watch := &probe.Watch{Vantage: "router:jkt", Router: s, Rows: []probe.Watched{
		{Server: "main", Probe: "icmp", Comment: "jembatan:erp/main", Host: far},
	}}
	for range 2 { // Twice: the second finds it.
		if err := watch.Ensure(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := routeros.List[routeros.Netwatch](t.Context(), s)
	if err != nil || len(rows) != 1 || rows[0].Host != far.String() || rows[0].Interval != time.Second {
		t.Fatalf("%+v, %v", rows, err)
	}
	var mu sync.Mutex
	var got []health.Sample
	take := func() (ok, failed int) {
		mu.Lock()
		defer mu.Unlock()
		for _, s := range got {
			if s.OK {
				ok++
			} else {
				failed++
			}
		}
		got = nil
		return ok, failed
	}
	done := make(chan error, 1)
	go func() {
		done <- watch.Run(t.Context(), func(s health.Sample) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, s)
		})
	}()
	time.Sleep(20*time.Second + time.Millisecond)
	synctest.Wait()
	if ok, failed := take(); ok < 15 || failed != 0 {
		t.Errorf("while it answers: %d good, %d failed", ok, failed)
	}
	w.CutBoth(near, far)
	time.Sleep(10 * time.Second)
	synctest.Wait()
	if ok, failed := take(); ok > 2 || failed < 7 {
		t.Errorf("while it does not: %d good, %d failed", ok, failed)
	}
	d.PowerOff()
	if err := <-done; err == nil {
		t.Error("it went on without the router")
	}
	take()
	time.Sleep(10 * time.Second)
	if ok, failed := take(); ok+failed != 0 {
		t.Errorf("without the router: %d good, %d failed", ok, failed)
	}
}
