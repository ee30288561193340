package app_test

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"jembatan/internal/app"
	"jembatan/internal/config"
	"jembatan/internal/emulate"
	"jembatan/routeros"
	"jembatan/routeros/emulator"
	"jembatan/tunnel"
	"jembatan/tunnel/apply"
	"jembatan/tunnel/guard"
	"jembatan/tunnel/journal"
	"jembatan/tunnel/spec"
)

// Two sites that are to be joined, and a third one that nothing is planned for.
const confirmed = `
version: 1
credentials: {user: admin, password: {env: PASSWORD}, tls: off}
routers:
  jkt: {address: 198.51.100.1, uplinks: {metro: {address: 198.51.100.1}}}
  sby: {address: 198.51.100.2, uplinks: {metro: {address: 198.51.100.2}}}
  mlg: {address: 198.51.100.3, uplinks: {metro: {address: 198.51.100.3}}}
segments:
  servers:
    subnet: 192.168.50.0/24
    shape: hub
    hubs: [jkt]
    members: {jkt: {ports: [ether5]}, sby: {ports: [ether5]}}
    tunnels: {mtu: auto}
`

// Sites are emulated routers on sockets and the file that tells of them.
type sites struct {
	*testing.T

	world   *emulator.World
	server  *emulate.Server
	file    string
	devices []emulator.Config
}

func newSites(t *testing.T) *sites {
	t.Helper()
	topology, problems := spec.Parse("site.yaml", []byte(confirmed))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	s := &sites{T: t, world: emulator.NewWorld(), file: filepath.Join(t.TempDir(), "site.yaml")}
	t.Cleanup(s.world.Close)
	s.devices = emulate.Devices(topology, []string{"7.16.1"}, func(ref tunnel.SecretRef) (routeros.Secret, error) { return app.Secret(lookup, ref) })
	var err error
	if s.server, err = emulate.Serve(s.world, s.devices, emulate.ServeOptions{Listen: netip.MustParseAddr("127.0.0.1"), At: emulate.Places(topology)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.server.Close)
	s.write([]byte(confirmed))
	return s
}

func (s *sites) write(src []byte) {
	s.Helper()
	ends := s.server.Endpoints()
	for name := range ends {
		if !strings.Contains(string(src), "\n  "+name+":") {
			delete(ends, name)
		}
	}
	src, err := spec.Rewrite(src, ends)
	if err != nil {
		s.Fatal(err)
	}
	if err := os.WriteFile(s.file, src, 0o600); err != nil {
		s.Fatal(err)
	}
}

// login opens the topology as an engineer whose journals are in a folder.
func (s *sites) login(journals string) *app.App {
	s.Helper()
	set := config.Defaults()
	set.StateDir, set.Fleet.DialTimeout, set.Fleet.CallTimeout = journals, time.Second, 2*time.Second
	a, err := app.Open(s.file, app.Options{Settings: set, Log: zerolog.Nop(), Env: lookup})
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(a.Close)
	return a
}

// applyFor applies the file, to be confirmed within a time.
func (s *sites) applyFor(a *app.App, d time.Duration) {
	s.Helper()
	p, err := a.Plan(s.Context(), app.PlanOptions{})
	if err != nil {
		s.Fatal(err)
	}
	r, err := a.Apply(s.Context(), p, app.ApplyOptions{Confirm: d, AllowDown: true, Kinds: []guard.Kind{guard.Scheduler}})
	if err != nil || r.Count(apply.Applied) != len(p.Units) {
		s.Fatalf("%v %+v", err, r)
	}
}

// inPlace fails unless everything of the file is on the routers.
func (s *sites) inPlace(a *app.App) {
	s.Helper()
	p, err := a.Plan(s.Context(), app.PlanOptions{Only: []string{"jkt", "sby"}})
	if err != nil || !p.Empty() {
		s.Errorf("something is missing: %v\n%+v", err, p)
	}
}

func (s *sites) noneWaits(a *app.App) {
	s.Helper()
	if pending, err := a.Pending(); err != nil || len(pending) > 0 {
		s.Errorf("%d journals have not ended, %v", len(pending), err)
	}
}

// TestConfirmedByAnother keeps what somebody else, with other journals, has
// confirmed; whoever confirms again ends the journal as well.
func TestConfirmedByAnother(t *testing.T) {
	t.Parallel()
	for _, again := range []bool{false, true} {
		s := newSites(t)
		alice, bob := s.login(t.TempDir()), s.login(t.TempDir())
		s.applyFor(alice, time.Minute)
		if n, err := bob.Confirm(t.Context()); err != nil || n != 2 {
			t.Fatalf("confirmed on %d routers, %v", n, err)
		}
		if again {
			if n, err := alice.Confirm(t.Context()); err != nil || n != 0 {
				t.Errorf("confirmed on %d routers, %v", n, err)
			}
		} else if done, err := alice.Recover(t.Context(), app.RecoverOptions{}); err != nil || len(done) != 1 || done[0].Outcome != journal.Done {
			t.Errorf("recovered %+v, %v", done, err)
		}
		s.inPlace(alice)
		s.noneWaits(alice)
	}
}

// TestConfirmLosesAnswers confirms although the answer to any one command is
// lost.
func TestConfirmLosesAnswers(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 6; n++ {
		s := newSites(t)
		journals := t.TempDir()
		a := s.login(journals)
		s.applyFor(a, time.Minute)
		a.Close()
		a = s.login(journals)
		s.world.Device("sby").Faults().LoseReply(n)
		_, err := a.Confirm(t.Context())
		s.world.Device("sby").Faults().Clear()
		if err != nil { // It could not log in or look; nothing was done then.
			if _, err = a.Confirm(t.Context()); err != nil {
				t.Errorf("answer %d: %v", n, err)
			}
		}
		s.inPlace(a)
		s.noneWaits(a)
	}
}

// TestConfirmWithoutAnUnrelatedRouter confirms what is on routers that all
// answer, although another one does not, and nothing where it may have a part.
func TestConfirmWithoutAnUnrelatedRouter(t *testing.T) {
	t.Parallel()
	s := newSites(t)
	journals := t.TempDir()
	a := s.login(journals)
	s.applyFor(a, time.Minute)
	a.Close()
	a = s.login(journals)
	s.world.Device("sby").PowerOff()
	if n, err := a.Confirm(t.Context()); err == nil || n != 0 {
		t.Errorf("one of its routers is away: confirmed on %d, %v", n, err)
	}
	a.Close()
	s.world.Device("sby").PowerOn()
	s.world.Device("mlg").PowerOff()
	a = s.login(journals)
	if n, err := a.Confirm(t.Context()); err != nil || n != 2 {
		t.Errorf("confirmed on %d routers, %v", n, err)
	}
	if !slices.ContainsFunc(a.Notices(), func(n string) bool { return strings.HasPrefix(n, "mlg: ") }) {
		t.Errorf("nothing is said of mlg: %q", a.Notices())
	}
	s.noneWaits(a)
}

// TestRecoverGone says what to do about a router that has left the file, lets
// what does not touch it go on, and gives it up on demand.
func TestRecoverGone(t *testing.T) {
	t.Parallel()
	s := newSites(t)
	journals := t.TempDir()
	s.applyFor(s.login(journals), time.Minute)
	s.write([]byte(strings.NewReplacer("  sby: {address", "  # sby: {address", ", sby: {ports: [ether5]}", "").Replace(confirmed)))
	a := s.login(journals)
	_, err := a.Recover(t.Context(), app.RecoverOptions{Undo: true})
	un, ok := errors.AsType[*app.UnrecoveredError](err)
	if !ok || !strings.Contains(err.Error(), "--forget sby") {
		t.Fatalf("%v", err)
	}
	if un.On([]string{"sby"}) == nil || un.On([]string{"jkt", "mlg"}) != nil {
		t.Errorf("in the way: %+v", un)
	}
	if _, err := a.Recover(t.Context(), app.RecoverOptions{Undo: true, Forget: []string{"mlg"}}); err == nil {
		t.Error("a router was forgotten that has no part in it")
	}
	done, err := a.Recover(context.WithoutCancel(t.Context()), app.RecoverOptions{Undo: true, Forget: []string{"sby"}})
	if err != nil || len(done) != 1 || !slices.Equal(done[0].Forgotten, []string{"sby"}) {
		t.Errorf("%+v %v", done, err)
	}
	s.noneWaits(a)
}
