package routeros_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/internal/memnet"
	"jembatan/routeros"
	"jembatan/routeros/emulator"
)

// releases are the RouterOS releases that the emulator is asked to be.
func releases() []string {
	return []string{
		"6.49.10", "7.9.2", "7.10.2", "7.12.2", "7.16.1", "7.18.2", "7.20.8", "7.21.5", "7.22.3", "7.23.3", "7.24",
	}
}

// device adds an emulated device and returns a session with it. Both end with
// the test.
func device(t *testing.T, cfg emulator.Config, opts routeros.Options) (*emulator.Device, *routeros.Session) {
	t.Helper()
	d, opts := powered(t, cfg, opts)
	s, err := routeros.Dial(t.Context(), "jkt:8728", opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return d, s
}

// powered adds an emulated device and returns options that reach it.
func powered(t *testing.T, cfg emulator.Config, opts routeros.Options) (*emulator.Device, routeros.Options) {
	t.Helper()
	w := emulator.NewWorld()
	cfg.Name = "jkt"
	d, err := w.Add(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	opts.User = "admin"
	opts.Dial = func(context.Context, string, string) (net.Conn, error) {
		near, far := memnet.Pipe(memnet.DefaultBuffer)
		wg.Go(func() { d.ServeConn(far) })
		return near, nil
	}
	t.Cleanup(func() {
		wg.Wait()
		w.Close()
	})
	return d, opts
}

func TestLifeOfATunnelOnEveryRelease(t *testing.T) {
	for _, release := range releases() {
		t.Run(release, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, s := device(t, emulator.Config{Version: release}, routeros.Options{})
				ctx := t.Context()
				v, err := s.Version(ctx)
				want, _ := routeros.ParseVersion(release)
				if v.Channel = ""; err != nil || v != want {
					t.Fatalf("version %v, %v", v, err)
				}
				id, err := routeros.Add(ctx, s, routeros.EoIP{
					Name: "eoip-B", RemoteAddress: "203.0.113.1", TunnelID: 101, MTU: "1500",
					Keepalive: routeros.Keepalive{Interval: time.Second, Retries: 3}, Comment: "mine",
				})
				if err != nil {
					t.Fatal(err)
				}
				got, err := routeros.Get[routeros.EoIP](ctx, s, "?name=eoip-B")
				if err != nil || got.ID != id || got.TunnelID != 101 || got.Comment != "mine" || got.Keepalive.Retries != 3 {
					t.Fatalf("%+v, %v", got, err)
				}
				if _, err := routeros.Add(ctx, s, routeros.EoIP{Name: "eoip-B", RemoteAddress: "203.0.113.2", TunnelID: 102}); !errors.Is(err, routeros.ErrExists) {
					t.Errorf("duplicate name: %v", err)
				}
				if err := routeros.Set(ctx, s, id, routeros.EoIP{}, "comment", "keepalive"); err != nil {
					t.Fatal(err)
				}
				got, err = routeros.Get[routeros.EoIP](ctx, s, "?name=eoip-B")
				if err != nil || got.Comment != "" || got.Keepalive != (routeros.Keepalive{}) {
					t.Errorf("after clearing: %+v, %v", got, err)
				}
				if err := routeros.Remove[routeros.EoIP](ctx, s, id); err != nil {
					t.Fatal(err)
				}
				if err := routeros.Remove[routeros.EoIP](ctx, s, id); !errors.Is(err, routeros.ErrNotFound) {
					t.Errorf("second removal: %v", err)
				}
				if left, err := routeros.List[routeros.EoIP](ctx, s); err != nil || len(left) != 0 {
					t.Errorf("left: %v, %v", left, err)
				}
			})
		})
	}
}

func TestEveryMenuListsOnEveryRelease(t *testing.T) {
	for _, release := range releases() {
		t.Run(release, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, s := device(t, emulator.Config{Version: release}, routeros.Options{})
				for menu, list := range map[string]func() error{
					"interface": lists[routeros.Interface](s), "ethernet": lists[routeros.Ethernet](s), "eoip": lists[routeros.EoIP](s),
					"bridge": lists[routeros.Bridge](s), "port": lists[routeros.BridgePort](s), "bonding": lists[routeros.Bonding](s),
					"vrrp": lists[routeros.VRRP](s), "address": lists[routeros.Address](s), "route": lists[routeros.Route](s),
					"nat": lists[routeros.NAT](s), "connection": lists[routeros.Connection](s), "list": lists[routeros.InterfaceList](s),
					"member": lists[routeros.InterfaceListMember](s), "netwatch": lists[routeros.Netwatch](s),
					"scheduler": lists[routeros.Scheduler](s), "script": lists[routeros.Script](s), "service": lists[routeros.Service](s),
					"user": lists[routeros.User](s), "group": lists[routeros.UserGroup](s), "identity": lists[routeros.Identity](s),
					"resource": lists[routeros.SystemResource](s), "address list": lists[routeros.AddressListEntry](s),
				} {
					if err := list(); err != nil {
						t.Errorf("%s: %v", menu, err)
					}
				}
			})
		})
	}
}

func lists[T routeros.Resource](c routeros.Caller) func() error {
	return func() error {
		_, err := routeros.List[T](context.Background(), c)
		return err
	}
}

func TestVRRPGroupOnEveryRelease(t *testing.T) {
	for _, release := range releases() {
		t.Run(release, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, s := device(t, emulator.Config{Version: release}, routeros.Options{})
				ctx := t.Context()
				id, err := routeros.Add(ctx, s, routeros.VRRP{
					Name: "vrrp1", Interface: "ether1", VRID: 7, Priority: 90, Interval: 2 * time.Second, PreemptionMode: true, Version: 3,
				})
				if err != nil {
					t.Fatal(err)
				}
				if err := routeros.Set(ctx, s, id, routeros.VRRP{GroupAuthority: "self"}, "group-authority"); err != nil {
					t.Fatal(err)
				}
				got, err := routeros.Get[routeros.VRRP](ctx, s, "?.id="+id)
				if err != nil || got.GroupAuthority != "self" || got.VRID != 7 || got.Interval != 2*time.Second {
					t.Errorf("%+v, %v", got, err)
				}
			})
		})
	}
}

func TestSafeModeWhereThereIsOne(t *testing.T) {
	for _, release := range releases() {
		t.Run(release, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, s := device(t, emulator.Config{Version: release}, routeros.Options{})
				v, err := s.Version(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				err = s.TakeSafeMode(t.Context())
				if !v.Capabilities().SafeMode {
					if !errors.Is(err, routeros.ErrNoCommand) {
						t.Errorf("take: %v", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if _, err := routeros.Create(t.Context(), s, "/interface/bridge", routeros.FieldsOf("name", "br")); err != nil {
					t.Error(err)
				}
				if err := s.UnrollSafeMode(t.Context()); err != nil {
					t.Error(err)
				}
				if left, err := routeros.List[routeros.Bridge](t.Context(), s); err != nil || len(left) != 0 {
					t.Errorf("left %v, %v", left, err)
				}
			})
		})
	}
}

func TestFollowOnADevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := device(t, emulator.Config{Version: "7.20.8"}, routeros.Options{})
		ctx := t.Context()
		f, err := s.Follow(ctx, "/interface/bridge", []string{"name", "comment"}, routeros.FollowOptions{})
		if err != nil {
			t.Fatal(err)
		}
		id, err := routeros.Create(ctx, s, "/interface/bridge", routeros.FieldsOf("name", "br"))
		if err != nil {
			t.Fatal(err)
		}
		if err := routeros.Update(ctx, s, "/interface/bridge", []string{id}, routeros.FieldsOf("comment", "x")); err != nil {
			t.Fatal(err)
		}
		if err := routeros.Delete(ctx, s, "/interface/bridge", id); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		f.Close()
		var last routeros.Event
		for last = range f.All() {
			if last.Row.ID() != id {
				t.Errorf("event of %s", last.Row)
			}
		}
		if !last.Row.Dead() {
			t.Errorf("the last event is %s", last.Row)
		}
		if _, err := s.Version(ctx); err != nil {
			t.Error(err)
		}
	})
}

func TestALostAddIsFoundAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, opts := powered(t, emulator.Config{}, routeros.Options{})
		fleet := routeros.NewFleet(routeros.FleetOptions{Routers: map[string]routeros.Target{"jkt": {Addr: "jkt:8728", Options: opts}}})
		defer fleet.Close()
		c := fleet.Caller("jkt")
		key, want := routeros.FieldsOf("name", "br"), routeros.FieldsOf("comment", "mine")
		if _, err := routeros.Print(t.Context(), c, "/interface/bridge", nil); err != nil {
			t.Fatal(err)
		}
		d.Faults().LoseReply(1)
		_, err := routeros.Create(t.Context(), c, "/interface/bridge", append(key, want...))
		if !errors.Is(err, routeros.ErrOutcomeUnknown) {
			t.Fatal(err)
		}
		_, did, err := routeros.Ensure(t.Context(), c, "/interface/bridge", key, want)
		if did != routeros.EnsuredUnchanged || err != nil {
			t.Errorf("%s, %v", did, err)
		}
	})
}

func TestFaultyDevice(t *testing.T) {
	for name, tc := range map[string]struct {
		fault func(*emulator.Faults)
		check func(error) bool
	}{
		"cut":        {func(f *emulator.Faults) { f.CutAfter(1) }, isEOF},
		"half reply": {func(f *emulator.Faults) { f.HalfReply(2) }, isEOF},
		"garbage":    {func(f *emulator.Faults) { f.Garbage([]byte{0xF9, 1, 2}) }, func(err error) bool { return errors.Is(err, routeros.ErrProtocol) }},
		"stall":      {func(f *emulator.Faults) { f.Stall(true) }, func(err error) bool { return errors.Is(err, routeros.ErrSilent) }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, s := device(t, emulator.Config{}, routeros.Options{})
				tc.fault(d.Faults())
				_, err := routeros.Print(t.Context(), s, "/interface/ethernet", []string{"name"})
				if !errors.Is(err, routeros.ErrClosed) || !tc.check(err) {
					t.Errorf("err = %v", err)
				}
				d.Faults().Clear()
			})
		})
	}
}

func TestDeniedWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := device(t, emulator.Config{}, routeros.Options{})
		d.Faults().DenyWrites(true)
		_, err := routeros.Create(t.Context(), s, "/interface/bridge", routeros.FieldsOf("name", "br"))
		if !errors.Is(err, routeros.ErrPermission) || errors.Is(err, routeros.ErrOutcomeUnknown) {
			t.Errorf("err = %v", err)
		}
	})
}

func TestOldLoginOnADevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := device(t, emulator.Config{Version: "6.49.10", OldLogin: true}, routeros.Options{})
		id, err := routeros.Get[routeros.Identity](t.Context(), s)
		if diff := cmp.Diff("jkt", id.Name); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}

func TestEnableDisableOnADevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := device(t, emulator.Config{}, routeros.Options{})
		ctx := t.Context()
		id, err := routeros.Add(ctx, s, routeros.Bridge{Name: "br"})
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			do   func(context.Context, routeros.Caller, ...string) error
			want bool
		}{{routeros.Disable[routeros.Bridge], true}, {routeros.Enable[routeros.Bridge], false}} {
			if err := step.do(ctx, s, id); err != nil {
				t.Fatal(err)
			}
			if got, err := routeros.Get[routeros.Bridge](ctx, s, "?name=br"); err != nil || got.Disabled != step.want {
				t.Errorf("%+v, %v", got, err)
			}
		}
	})
}

func TestFleetOfDevices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fleet := routeros.NewFleet(routeros.FleetOptions{})
		defer fleet.Close()
		for _, release := range releases() {
			_, opts := powered(t, emulator.Config{Version: release}, routeros.Options{})
			fleet.Add(release, routeros.Target{Addr: release + ":8728", Options: opts})
		}
		err := fleet.Each(t.Context(), nil, func(ctx context.Context, name string, s *routeros.Session) error {
			if s.Addr() != name+":8728" {
				t.Errorf("%s got the session of %s", name, s.Addr())
			}
			c, ok := fleet.Caller(name).(routeros.Versioner)
			if !ok {
				return errors.New("no version")
			}
			v, err := c.Version(ctx)
			if v.Channel = ""; v.String() != name {
				t.Errorf("%s says %s", name, v)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}
