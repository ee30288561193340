package apply_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/internal/bootstrap"
	"jembatan/internal/emulate"
	"jembatan/routeros"
	"jembatan/routeros/emulator"
	"jembatan/tunnel"
	"jembatan/tunnel/apply"
	"jembatan/tunnel/plan"
	"jembatan/tunnel/spec"
)

const site = `
version: 1
credentials: {user: admin, password: {env: P}, tls: off}
routers:
  jkt:
    address: 198.51.100.1
    uplinks: {metro: {address: 198.51.100.1}, lte: {address: 203.0.113.1}}
  sby:
    address: 198.51.100.2
    uplinks: {metro: {address: 198.51.100.2}, lte: {address: 203.0.113.2}}
  bdg:
    address: 198.51.100.3
    uplinks: {metro: {address: 198.51.100.3}}
segments:
  servers:
    subnet: 192.168.50.0/24
    bridge: br-servers
    shape: hub
    hubs: [jkt]
    members: {jkt: {ports: [ether5]}, sby: {ports: [ether5]}, bdg: {ports: [ether5]}}
    tunnels: {mtu: auto, keepalive: "1s,3", redundancy: bond}
`

// A bench is a topology on emulated routers, inside a synctest bubble.
type bench struct {
	*testing.T

	topology *tunnel.Topology
	world    *emulator.World
	fleet    *routeros.Fleet
	seal     *apply.Sealer
	opts     apply.Options
	wire     *wire
	targets  map[string]routeros.Target
}

// onBench runs f in a bubble with the routers of src, all of one release.
func onBench(t *testing.T, version, src string, f func(b *bench)) {
	t.Helper()
	onModes(t, version, "", src, f)
}

// leastPrivilege gives the API user exactly the rights that bootstrap asks for:
// everything here is tested with no more.
func leastPrivilege(t *testing.T, d *emulator.Device, user string) {
	t.Helper()
	policies := []string{"sensitive"}
	for _, p := range bootstrap.Policies() {
		policies = append(policies, p.Name)
	}
	for _, words := range [][]string{
		{"/user/group/add", "=name=jembatan", "=policy=" + strings.Join(policies, ",")},
		{"/user/set", "=.id=" + user, "=group=jembatan"},
	} {
		if _, err := d.Do(words[0], words[1:]...); err != nil {
			t.Fatal(err)
		}
	}
}

// onModes is onBench on devices of one device-mode.
func onModes(t *testing.T, version, mode, src string, f func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		topology := parse(t, src)
		b := &bench{T: t, topology: topology, world: emulator.NewWorld(), seal: apply.NewSealer(), wire: newWire()}
		defer b.world.Close()
		targets := map[string]routeros.Target{}
		b.targets = targets
		for _, c := range emulate.Devices(topology, []string{version}, secret) {
			c.DeviceMode = mode
			d, err := b.world.Add(c)
			if err != nil {
				t.Fatal(err)
			}
			leastPrivilege(t, d, user(topology, c.Name))
			targets[c.Name] = routeros.Target{Addr: c.Name + ":8728", Options: routeros.Options{User: user(topology, c.Name), Password: "open", Dial: b.wire.dial(d)}}
		}
		b.fleet = routeros.NewFleet(routeros.FleetOptions{Routers: targets, BackoffMin: 50 * time.Millisecond})
		defer b.fleet.Close()
		f(b)
	})
}

func parse(t *testing.T, src string) *tunnel.Topology {
	t.Helper()
	topology, problems := spec.Parse("site.yaml", []byte(src))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return topology
}

// user is who the topology logs in as.
func user(t *tunnel.Topology, router string) string {
	r, _ := t.Router(router)
	return r.Credentials.User
}

// psk is a secret that must never be seen but on a router.
const psk = "correct-horse-battery"

func secret(ref tunnel.SecretRef) (routeros.Secret, error) {
	if ref.Env == "PSK" {
		return psk, nil
	}
	return "open", nil
}

func (b *bench) connect(ctx context.Context, router string) (routeros.Caller, error) {
	return b.fleet.Session(ctx, router)
}

func (b *bench) observe() []*plan.Observed {
	o := apply.Observer{Connect: b.connect, Seal: b.seal}
	return o.Observe(b.Context(), b.topology)
}

func (b *bench) plan() *plan.Plan {
	b.Helper()
	tokens, err := b.seal.Tokens(b.topology, secret)
	if err != nil {
		b.Fatal(err)
	}
	p, err := plan.Diff(plan.Input{Topology: b.topology, Observed: b.observe(), Tokens: tokens})
	if err != nil {
		b.Fatal(err)
	}
	return p
}

func (b *bench) run(p *plan.Plan) *apply.Result {
	return apply.Run(b.Context(), p, b.connect, secret, b.opts)
}

// exports are the configurations of all routers.
func (b *bench) exports() map[string]string {
	out := map[string]string{}
	for _, d := range b.world.Devices() {
		out[d.Name()] = d.Export()
	}
	return out
}

// settled applies the topology and waits until it runs.
func (b *bench) settled() {
	b.Helper()
	if r := b.run(b.plan()); r.Count(apply.Applied) != len(r.Units) {
		b.Fatalf("not everything was applied: %+v", r.Units)
	}
	time.Sleep(5 * time.Second)
	if p := b.plan(); !p.Empty() || p.IsBlocked() {
		b.Fatalf("applied twice it still changes:\n%s", p.Text(plan.Style{}))
	}
}

// TestEveryRelease applies a topology to routers of each release, reads it
// back, breaks it by hand, repairs it, and removes it again.
func TestEveryRelease(t *testing.T) {
	for _, v := range emulator.Versions() {
		t.Run(v.String(), func(t *testing.T) {
			onBench(t, v.String(), site, func(b *bench) {
				before := b.exports()
				b.settled()
				after := b.exports()
				sby := b.world.Device("sby")
				for _, words := range [][]string{
					{"/interface/eoip/set", "=.id=eoip-servers-jkt-lte", "=tunnel-id=7", "=disabled=yes"},
					{"/interface/bridge/set", "=.id=br-servers", "=protocol-mode=none"},
				} {
					if _, err := sby.Do(words[0], words[1:]...); err != nil {
						b.Fatal(err)
					}
				}
				if c := b.plan().Counts(); c != (plan.Counts{Set: 2}) {
					b.Errorf("two edits by hand are %+v in the plan", c)
				}
				b.settled()
				if d := cmp.Diff(after, b.exports()); d != "" {
					b.Errorf("repaired is not what it was (-want +got):\n%s", d)
				}
				b.destroy()
				if d := cmp.Diff(before, b.exports()); d != "" {
					b.Errorf("destroyed is not what it was before (-want +got):\n%s", d)
				}
			})
		})
	}
}

func (b *bench) planDestroy() *plan.Plan {
	b.Helper()
	p, err := plan.Diff(plan.Input{Topology: b.topology, Observed: b.observe(), Destroy: true})
	if err != nil {
		b.Fatal(err)
	}
	return p
}

func (b *bench) destroy() {
	b.Helper()
	p := b.planDestroy()
	if r := b.run(p); r.Count(apply.Applied) != len(r.Units) {
		b.Fatalf("not everything was removed: %+v", r.Units)
	}
}

// TestBothEndsOrNeither makes every write of one end fail in turn, in each way
// that a router can fail, and expects both routers to be as before: in this unit
// or not, never half.
func TestBothEndsOrNeither(t *testing.T) {
	faults := map[string]func(f *emulator.Faults, n int){
		"refused":    func(f *emulator.Faults, n int) { f.TrapOnWrite("", n, "failure: no") },
		"cut":        func(f *emulator.Faults, n int) { f.CutAfter(n) },
		"half":       func(f *emulator.Faults, n int) { f.HalfReply(n) },
		"reply lost": func(f *emulator.Faults, n int) { f.LoseReply(n) },
	}
	for name, inject := range faults {
		t.Run(name, func(t *testing.T) {
			failed := 0
			for n := 1; n <= 30; n++ {
				onBench(t, "7.16.1", site, func(b *bench) {
					p := b.plan()
					before := b.exports()
					inject(b.world.Device("sby").Faults(), n)
					r := b.run(p)
					b.world.Device("sby").Faults().Clear()
					b.checkWhole(p, before, r)
					failed += len(r.Units) - r.Count(apply.Applied)
				})
			}
			if name == "refused" && failed == 0 {
				t.Error("nothing failed: the fault was not injected")
			}
		})
	}
}

// checkWhole expects each unit of a fresh plan to be there wholly or not at all,
// as its result says, and a second apply to complete the rest.
func (b *bench) checkWhole(p *plan.Plan, before map[string]string, r *apply.Result) {
	b.Helper()
	if n := r.Count(apply.Stuck); n > 0 {
		b.Errorf("%d units are stuck: %+v", n, r.Units)
	}
	if r.Count(apply.Applied) == 0 {
		if d := cmp.Diff(before, b.exports()); d != "" {
			b.Errorf("nothing was applied, and yet (-want +got):\n%s", d)
		}
	}
	exports := b.exports()
	for i, u := range p.Units {
		for _, s := range u.Steps {
			if s.Op != plan.Add {
				continue
			}
			there := strings.Contains(exports[s.Router], s.Mark+"\"")
			if want := r.Units[i].State == apply.Applied; there != want {
				b.Errorf("%s is %s, but %s on %s: there is %v", u.Name, r.Units[i].State, s.Name, s.Router, there)
			}
		}
	}
	b.settled()
}

// TestRebootWhileApplying powers one router off in the middle and on again: the
// unit is undone on both when it is back.
func TestRebootWhileApplying(t *testing.T) {
	onBench(t, "7.16.1", site, func(b *bench) {
		p, before := b.plan(), b.exports()
		sby := b.world.Device("sby")
		var once sync.Once
		b.opts = apply.Options{Progress: func(e apply.Event) {
			if e.Unit == "servers/jkt-sby" && e.State == apply.Running {
				once.Do(func() {
					sby.PowerOff()
					go func() {
						time.Sleep(40 * time.Second)
						sby.PowerOn()
					}()
				})
			}
		}}
		r := b.run(p)
		time.Sleep(time.Minute)
		b.checkWhole(p, before, r)
		if r.Count(apply.Undone) != 1 {
			b.Errorf("units: %+v", r.Units)
		}
	})
}

// TestRouterThatStaysAway lists exactly what could not be undone.
func TestRouterThatStaysAway(t *testing.T) {
	onBench(t, "7.16.1", site, func(b *bench) {
		sby := b.world.Device("sby")
		p := b.plan()
		adds := 0
		b.opts = apply.Options{UndoTimeout: 5 * time.Second, StepTimeout: 2 * time.Second}
		sby.Faults().TrapOnAdd("/interface/bonding", 1, "failure: no")
		connect := func(ctx context.Context, router string) (routeros.Caller, error) {
			c, err := b.connect(ctx, router)
			if err != nil {
				return nil, err
			}
			return watch{c, func(req routeros.Request) {
				if router == "sby" && req.Path == "/interface/bonding/add" {
					adds++
					go sby.PowerOff()
				}
			}}, nil
		}
		r := apply.Run(b.Context(), p, connect, secret, b.opts)
		if adds == 0 {
			b.Fatal("the bond was never added")
		}
		var link apply.UnitResult
		for _, u := range r.Units {
			if u.Unit == "servers/jkt-sby" {
				link = u
			}
		}
		if link.State != apply.Stuck || len(link.Leftovers) == 0 {
			b.Fatalf("%+v", link)
		}
		for _, l := range link.Leftovers {
			if l.Router != "sby" || l.Mark == "" || l.Name == "" {
				b.Errorf("leftover %+v", l)
			}
		}
		if strings.Contains(b.world.Device("jkt").Export(), "eoip-servers-sby-metro") {
			b.Error("the end that answers was not undone")
		}
	})
}

// watch tells of every call before it is made.
type watch struct {
	routeros.Caller

	tell func(routeros.Request)
}

func (w watch) Call(ctx context.Context, req routeros.Request) (routeros.Reply, error) {
	w.tell(req)
	return w.Caller.Call(ctx, req)
}

// TestChangedSincePlan refuses a plan whose routers somebody has edited.
func TestChangedSincePlan(t *testing.T) {
	onBench(t, "7.16.1", site, func(b *bench) {
		p := b.plan()
		if err := apply.Recheck(p, b.observe()); err != nil {
			b.Errorf("nothing has changed: %v", err)
		}
		if _, err := b.world.Device("sby").Do("/interface/bridge/add", "=name=other"); err != nil {
			b.Fatal(err)
		}
		err := apply.Recheck(p, b.observe())
		changed, ok := errors.AsType[*apply.ChangedError](err)
		if !ok || len(changed.Routers) != 1 || !strings.HasPrefix(changed.Routers[0], "sby") {
			b.Errorf("got %v", err)
		}
	})
}

// TestStopFinishesRunningUnits stops before the links begin.
func TestStopFinishesRunningUnits(t *testing.T) {
	onBench(t, "7.16.1", site, func(b *bench) {
		stop := make(chan struct{})
		var once sync.Once
		b.opts = apply.Options{Stop: stop, Progress: func(e apply.Event) {
			if e.State == apply.Applied {
				once.Do(func() { close(stop) })
			}
		}}
		p, before := b.plan(), b.exports()
		r := b.run(p)
		b.opts = apply.Options{}
		if r.Count(apply.Skipped) == 0 || r.Count(apply.Applied) == 0 {
			b.Errorf("units: %+v", r.Units)
		}
		b.checkWhole(p, before, r)
	})
}

// TestUnreadMenuIsNotEmpty: a router that refuses to print one menu must not be
// taken for one that has nothing there.
func TestUnreadMenuIsNotEmpty(t *testing.T) {
	onBench(t, "7.16.1", site, func(b *bench) {
		b.settled()
		b.world.Device("sby").Faults().Unreadable("/interface/eoip", "not enough permissions (9)")
		p := b.plan()
		if !p.Empty() || !p.IsBlocked() {
			b.Errorf("the plan is:\n%s", p.Text(plan.Style{}))
		}
		if !strings.Contains(p.Text(plan.Style{}), "read /interface/eoip: ") {
			b.Errorf("the plan does not say why:\n%s", p.Text(plan.Style{}))
		}
	})
}

// TestSecrets encrypts the tunnels and looks for the secret in everything that
// is printed or saved.
func TestSecrets(t *testing.T) {
	src := strings.Replace(site, "mtu: auto,", "mtu: auto, ipsec: {secret: {env: PSK}},", 1)
	onBench(t, "7.22.3", src, func(b *bench) {
		p := b.plan()
		var file strings.Builder
		if err := plan.Encode(&file, p); err != nil {
			b.Fatal(err)
		}
		all := file.String() + p.Text(plan.Style{}) + fmt.Sprintf("%+v %#v", p, p) + fmt.Sprintf("%+v", b.observe())
		if strings.Contains(all, psk) {
			b.Error("the secret is in the plan")
		}
		b.settled()
		if got := b.world.Device("jkt").Export(); !strings.Contains(got, `ipsec-secret="`+psk+`"`) {
			b.Errorf("the secret did not arrive:\n%s", got)
		}
	})
}
