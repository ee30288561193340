// Package demo tells the whole story on one machine: emulated routers that speak
// the real protocol over real sockets, and the real commands against them. Every
// step is checked; what was not seen to work ends the demo with an error.
package demo

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"jembatan/examples"
	"jembatan/internal/app"
	"jembatan/tunnel"
	"jembatan/tunnel/spec"
)

// A Command runs one jembatan command line and returns its exit code. What it
// prints goes to out, and env finds its environment variables.
type Command func(ctx context.Context, out io.Writer, env app.Lookup, args ...string) int

// versions are the releases of the four routers, old to new.
var versions = []string{"7.24", "7.18.2", "7.10.2", "6.49.10"} //nolint:gochecknoglobals // A constant list.

// Run plays the story to out. It returns an error as soon as something is not
// as the story says; everything that it started is gone when it returns.
func Run(ctx context.Context, out io.Writer, command Command) error {
	d := &demo{out: out, command: command, secret: randomSecret(), begun: time.Now()}
	defer d.close()
	for _, step := range []func(context.Context) error{
		d.routers, d.apart, d.firstPlan, d.firstApply, d.tunnelsRun, d.joined, d.edit, d.drift, d.repair, d.cut, d.mend, d.nothing, d.ownPath, d.audit,
		d.services,
	} {
		if err := step(ctx); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	d.say("\nEverything above was seen to work, in %.1f s.", time.Since(d.begun).Seconds())
	return nil
}

// A demo is one telling of the story.
type demo struct {
	out     io.Writer
	command Command
	secret  string
	begun   time.Time

	dir      string
	file     string // the topology, with the addresses of the emulated routers
	topology *tunnel.Topology
	ground   ground
	chapters int
	bare     error // why there are no namespaces here; nil: there are
}

func (d *demo) close() {
	d.leave()
	if d.dir != "" {
		_ = os.RemoveAll(d.dir) // A leftover in the temporary folder harms nobody.
	}
}

// leave ends the routers of the story.
func (d *demo) leave() {
	if d.ground != nil {
		d.ground.close()
	}
	d.ground = nil
}

func (d *demo) say(format string, args ...any) { fmt.Fprintf(d.out, format+"\n", args...) }

// chapter begins a part of the story.
func (d *demo) chapter(title string) {
	d.chapters++
	d.say("\n── %d. %s %s\n", d.chapters, title, strings.Repeat("─", max(3, 70-len([]rune(title)))))
}

// env gives the commands their secrets, as a shell would.
func (d *demo) env(name string) (string, bool) {
	switch name {
	case "JEMBATAN_PASSWORD", "JEMBATAN_IPSEC", "JEMBATAN_DB_PASSWORD":
		return d.secret, true
	case "XDG_STATE_HOME":
		return filepath.Join(d.dir, "state"), true
	case "NO_COLOR", "TERM", "COLORTERM":
		return os.LookupEnv(name)
	}
	return "", false
}

// run shows a command line and runs it; want is the exit code that the story
// expects.
func (d *demo) run(ctx context.Context, want int, args ...string) error {
	_, err := d.runs(ctx, []int{want}, args...)
	return err
}

// runs is run where the story may go in several ways, and returns which.
func (d *demo) runs(ctx context.Context, wants []int, args ...string) (int, error) {
	d.say("$ jembatan %s", strings.Join(args, " "))
	code := d.command(ctx, d.out, d.env, d.real(args)...)
	if !slices.Contains(wants, code) {
		return code, fmt.Errorf("demo: jembatan %s ended with code %d, the story says %v", strings.Join(args, " "), code, wants)
	}
	return code, nil
}

// real puts the paths of this run in place of the names that are shown.
func (d *demo) real(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		if strings.HasSuffix(a, ".yaml") || strings.HasSuffix(a, ".json") {
			a = filepath.Join(d.dir, a)
		}
		out[i] = a
	}
	return out
}

// routers starts the routers and writes the topology with their addresses.
func (d *demo) routers(ctx context.Context) error {
	d.say("%s", picture)
	topology, problems := spec.Parse(fileName, examples.TwoSites())
	if err := problems.Err(); err != nil {
		return err
	}
	d.topology = topology
	var err error
	if d.dir, err = os.MkdirTemp("", "jembatan-demo-"); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if d.ground, d.bare = d.lab(ctx); d.bare != nil {
		if d.ground, err = d.emulated(); err != nil {
			return err
		}
	}
	d.chapter("Four routers of four RouterOS releases, " + d.ground.kind())
	src, err := spec.Rewrite(examples.TwoSites(), d.ground.endpoints())
	if err != nil {
		return err
	}
	d.file = filepath.Join(d.dir, fileName)
	if err := os.WriteFile(d.file, src, 0o600); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	for i, r := range topology.Routers {
		d.say("  %-4s %-10s RouterOS %-8s API with TLS at %s", r.Name, r.Site, versions[i], d.ground.endpoints()[r.Name].Address)
	}
	d.say("")
	d.ground.introduce(d, d.bare)
	return nil
}

// fileName is what the topology is called in the story.
const fileName = "two-sites.yaml"

func randomSecret() string {
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		panic(err) // crypto/rand.Read never fails on the systems we run on.
	}
	return hex.EncodeToString(b)
}

const picture = `
             Jakarta (jkt)                                Surabaya (sby)
      main server ─ br-servers ═══ EoIP over metro ═══ br-servers ─ backup server
                      │    │   ╚══ EoIP over lte ════╝   (a bond of two tunnels)
                      ║    ╚═══════ EoIP ═══════ br-servers ─ Bandung (bdg)
                      ╚════════════ EoIP ═══════ br-servers ─ Malang (mlg)

  EoIP puts whole Ethernet frames into IP packets. Bridged at both ends, it makes
  one subnet (192.168.50.0/24) of all sites. A tunnel is two halves on two routers
  that must match to the letter: here it is one line of one file.`
