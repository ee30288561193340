package app_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/internal/app"
	"jembatan/internal/bootstrap"
	"jembatan/internal/config"
	"jembatan/internal/doctor"
	"jembatan/internal/emulate"
	"jembatan/routeros"
	"jembatan/routeros/emulator"
	"jembatan/tunnel"
	"jembatan/tunnel/apply"
	"jembatan/tunnel/guard"
	"jembatan/tunnel/plan"
	"jembatan/tunnel/spec"
)

var update = flag.Bool("update", false, "write docs/reference/permissions.md anew")

const encrypted = `
version: 1
credentials: {user: jembatan, password: {env: PASSWORD}}
routers:
  jkt: {address: 198.51.100.1, uplinks: {metro: {address: 198.51.100.1}}}
  sby: {address: 198.51.100.2, uplinks: {metro: {address: 198.51.100.2}}}
segments:
  servers:
    subnet: 192.168.50.0/24
    shape: hub
    hubs: [jkt]
    members: {jkt: {ports: [ether5]}, sby: {ports: [ether5]}}
    tunnels: {mtu: auto, ipsec: {secret: {env: PSK}}}
`

// lookup gives the tests their secrets.
func lookup(name string) (string, bool) {
	v, ok := map[string]string{"PASSWORD": "swordfish-swordfish", "PSK": "correct-horse"}[name]
	return v, ok
}

// open serves the topology's routers, where the user jembatan has exactly the
// given policies. The function it returns opens the topology with new logins: a
// session keeps the rights that it was made with.
func open(t *testing.T, version string, policies []string) (world *emulator.World, file string, login func() *app.App) {
	t.Helper()
	topology, problems := spec.Parse("site.yaml", []byte(encrypted+moved))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	world = emulator.NewWorld()
	t.Cleanup(world.Close)
	devices := emulate.Devices(topology, []string{version}, func(ref tunnel.SecretRef) (routeros.Secret, error) { return app.Secret(lookup, ref) })
	server, err := emulate.Serve(world, devices, emulate.ServeOptions{Listen: netip.MustParseAddr("127.0.0.1"), At: emulate.Places(topology)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	for _, d := range world.Devices() {
		for _, words := range [][]string{
			{"/user/group/add", "=name=least", "=policy=" + strings.Join(policies, ",")},
		} {
			if _, err := d.Do(words[0], words[1:]...); err != nil {
				t.Fatal(err)
			}
		}
	}
	regroup(t, world, "least")
	src, err := spec.Rewrite([]byte(encrypted+moved), server.Endpoints())
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "site.yaml")
	if err := os.WriteFile(file, src, 0o600); err != nil {
		t.Fatal(err)
	}
	return world, file, func() *app.App {
		a, err := app.Open(file, app.Options{Settings: config.Defaults(), Env: lookup})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(a.Close)
		return a
	}
}

// A task is something that the program does; it returns why it cannot.
type task struct {
	name string
	do   func(ctx context.Context, a *app.App) error
}

// Tasks that others look at.
const (
	taskApply   = "apply under the dead-man scheduler"
	taskDestroy = "destroy under safe mode"
)

func tasks(world *emulator.World, file string) []task {
	return slices.Concat(networkTasks(file), failoverTasks(world), []task{
		{taskDestroy, func(ctx context.Context, a *app.App) error {
			// Releases without it have no guard for what would lose a secret.
			return applied(ctx, a, app.PlanOptions{Destroy: true}, guard.SafeMode, guard.Unguarded)
		}},
	})
}

// networkTasks are what the commands do but for destroying it all.
func networkTasks(file string) []task {
	return []task{
		{"log in and plan", func(ctx context.Context, a *app.App) error { return planned(a.Plan(ctx, app.PlanOptions{})) }},
		{taskApply, func(ctx context.Context, a *app.App) error {
			return applied(ctx, a, app.PlanOptions{}, guard.Scheduler)
		}},
		{"see that a second plan is empty", func(ctx context.Context, a *app.App) error {
			p, err := a.Plan(ctx, app.PlanOptions{})
			if err == nil && !p.Empty() {
				err = errors.New("the plan is not empty")
			}
			return errors.Join(err, planned(p, err))
		}},
		{"compare IPsec secrets", func(ctx context.Context, a *app.App) error {
			p, err := a.Plan(ctx, app.PlanOptions{})
			if err != nil {
				return err
			}
			for _, n := range p.Notes {
				if strings.Contains(n.Text, "sensitive") {
					return errors.New(n.Text)
				}
			}
			return planned(p, nil)
		}},
		{"status", func(ctx context.Context, a *app.App) error {
			r, err := a.Status(ctx)
			if err == nil && r.Routers[0].Unread != "" {
				err = errors.New(r.Routers[0].Unread)
			}
			return err
		}},
		{"doctor", func(ctx context.Context, a *app.App) error {
			checks, err := a.Doctor(ctx)
			for _, c := range checks {
				if c.State == doctor.Bad || c.State == doctor.Unknown {
					err = errors.Join(err, fmt.Errorf("%s: %s", c.Name, c.Found))
				}
			}
			return err
		}},
		{"audit", func(ctx context.Context, _ *app.App) error {
			opts := app.Options{Settings: config.Defaults(), Env: lookup}
			r, err := app.Audit(ctx, app.AuditOptions{File: file, Now: time.Now()}, opts)
			if err == nil && len(r.Unread)+len(r.Doubts) > 0 {
				err = fmt.Errorf("%+v %+v", r.Unread, r.Doubts)
			}
			if err == nil {
				for _, f := range r.Findings {
					if strings.HasPrefix(f.Rule, "COV-") {
						err = errors.Join(err, fmt.Errorf("%+v", f))
					}
				}
			}
			return err
		}},
	}
}

func planned(p *plan.Plan, err error) error {
	if err == nil && p.IsBlocked() {
		err = errors.New("not everything could be planned")
	}
	return err
}

func applied(ctx context.Context, a *app.App, opts app.PlanOptions, kinds ...guard.Kind) error {
	p, err := a.Plan(ctx, opts)
	if err := planned(p, err); err != nil {
		return err
	}
	r, err := a.Apply(ctx, p, app.ApplyOptions{Kinds: kinds})
	if err == nil && r.Count(apply.Applied) != len(p.Units) {
		err = fmt.Errorf("%+v", r.Units)
	}
	return err
}

// outcomes does every task as a user with the given policies and returns which
// worked.
func outcomes(t *testing.T, version string, policies []string) map[string]error {
	t.Helper()
	world, file, login := open(t, version, policies)
	a := login()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out := map[string]error{}
	for _, task := range networkTasks(file) {
		out[task.name] = task.do(ctx, a)
	}
	if out[taskApply] != nil {
		// There must be something to move and to destroy: somebody with more rights makes it.
		regroup(t, world, "full")
		if err := applied(ctx, login(), app.PlanOptions{}, guard.Scheduler); err != nil {
			t.Error(err)
		}
		regroup(t, world, "least")
		a = login()
	}
	for _, task := range tasks(world, file)[len(out):] {
		out[task.name] = task.do(ctx, a)
	}
	return out
}

// regroup puts the API user of every router into another group.
func regroup(t *testing.T, world *emulator.World, group string) {
	t.Helper()
	for _, d := range world.Devices() {
		if _, err := d.Do("/user/set", "=.id=jembatan", "=group="+group); err != nil {
			t.Error(err)
		}
	}
}

// TestLeastPrivilegeIsEnough does everything in every release with exactly the
// policies that bootstrap asks for.
func TestLeastPrivilegeIsEnough(t *testing.T) {
	for _, v := range emulator.Versions() {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			for name, err := range outcomes(t, v.String(), append(least(), "sensitive")) {
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

func least() []string {
	var out []string
	for _, p := range bootstrap.Policies() {
		out = append(out, p.Name)
	}
	return out
}

// TestEveryPolicyIsNeeded leaves one policy out at a time, and compares what
// then breaks with docs/reference/permissions.md.
func TestEveryPolicyIsNeeded(t *testing.T) {
	got := permissionsPage(t)
	file := filepath.Join("..", "..", "docs", "reference", "permissions.md")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("stale, run make docs (-want +got):\n%s", d)
	}
}

// permissionsPage tries every policy and writes what was seen.
func permissionsPage(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("<!-- Made from what the tests see, by `make docs`; a test fails when it is stale. -->\n\n" +
		"# Permissions\n\n`jembatan bootstrap` prints a group with exactly these policies. The table says what works when one is left\n" +
		"out: it was tried on emulated routers, which enforce policies as RouterOS documents them.\n\n| policy | for |\n| --- | --- |\n")
	all := append(least(), "sensitive")
	for _, p := range bootstrap.Policies() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", p.Name, p.For)
	}
	b.WriteString("| `sensitive` | only for encrypted tunnels: reading their secrets back to compare them |\n\n| without |")
	for _, task := range tasks(nil, "") {
		b.WriteString(" " + task.name + " |")
	}
	b.WriteString("\n| --- |" + strings.Repeat(" --- |", len(tasks(nil, ""))) + "\n")
	left := append([]string{""}, all...)
	seen := make([]map[string]error, len(left))
	t.Run("each", func(t *testing.T) {
		for i, without := range left {
			t.Run("without "+without, func(t *testing.T) {
				t.Parallel()
				seen[i] = outcomes(t, "7.20.8", slices.DeleteFunc(slices.Clone(all), func(p string) bool { return p == without }))
			})
		}
	})
	for i, without := range left {
		name := "`" + without + "`"
		if without == "" {
			name = "(nothing)"
		}
		b.WriteString("| " + name + " |")
		for _, task := range tasks(nil, "") {
			word := "works"
			if seen[i][task.name] != nil {
				word = "fails"
			}
			b.WriteString(" " + word + " |")
		}
		b.WriteByte('\n')
	}
	return b.String()
}
