//go:build linux

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"jembatan/internal/app"
	"jembatan/internal/lab"
	"jembatan/internal/rehearsal"
	"jembatan/tunnel"
	"jembatan/tunnel/spec"
)

// newLab is the lab with its subcommands.
func newLab(g *globals) *cobra.Command {
	var file, name string
	cmd := &cobra.Command{
		Use:   "lab",
		Short: "The same topology as network namespaces with real packets",
		Long: "Every router of the file becomes an emulated RouterOS device in a network namespace,\n" +
			"with servers, clients and WAN links around it; what is written through the API\n" +
			"changes where packets go. Linux only; as root, or where users may make namespaces.",
	}
	f := cmd.PersistentFlags()
	f.StringVarP(&file, "file", "f", "", "topology file")
	f.StringVar(&name, "name", "", "name of the lab (default: made of the file's path)")
	of := func() (string, error) {
		switch {
		case name != "":
			return name, nil
		case file != "":
			return lab.NameOf(file), nil
		}
		return "", errors.New("which lab? -f FILE or --name NAME")
	}
	open := func() (*lab.Client, error) {
		n, err := of()
		if err != nil {
			return nil, err
		}
		return lab.Open(n), nil
	}
	cmd.AddCommand(newLabUp(g, &file, of), newLabDown(g, open), newLabStatus(g, open), newLabExec(g, open), newLabPing(g, open),
		newLabLoad(g, open), newLabMissing(g, open), newLabFault(g, open), newLabCapture(g, open), newLabLogs(g, open))
	return cmd
}

// opener opens the lab that the flags name.
type opener func() (*lab.Client, error)

// labUpFlags are the flags of lab up.
type labUpFlags struct {
	versions, links    []string
	clients, databases int
	listen, write      string
	mysqlRoot          string
	controller, inside string
	open               string
	semiSync, atBoot   bool
	portBase           int
	detach             bool
}

func newLabUp(g *globals, file *string, name func() (string, error)) *cobra.Command {
	u := labUpFlags{}
	cmd := &cobra.Command{
		Use:   "up -f FILE",
		Short: "Make the lab, and keep it until interrupted",
		Long: "Everything runs below this process and ends with it, however it ends; --detach puts\n" +
			"it into the background, where \"lab down\" ends it. --write writes the topology with\n" +
			"the addresses at which the routers' API is served outside, for plan and apply.\n" +
			"Links take a profile (metro-e, fixed-id, lte-good, …) or settings:\n" +
			"--link jkt.lte=lte-good --link '*=delay=5ms,loss=0.1%'.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if *file == "" {
				return errors.New("lab up needs -f FILE")
			}
			n, err := name()
			if err != nil {
				return err
			}
			if u.detach {
				return detach(cmd.Context(), g)
			}
			ctx, cancel := g.bound(cmd.Context())
			defer cancel()
			return labUp(ctx, g, *file, n, &u, inBackground())
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&u.versions, "ros-version", nil, "RouterOS releases, given to the routers in turn (default 7.16.1)")
	f.StringArrayVar(&u.links, "link", nil, "ROUTER.UPLINK=QUALITY, or *=QUALITY for all")
	f.IntVar(&u.clients, "clients", 2, "clients on the internet, 0..200")
	f.IntVar(&u.databases, "databases", 0, "servers of each service that run a database of the topology's engine, each following all others, 0..3")
	f.StringVar(&u.mysqlRoot, "mysql-root", "", "root directory that has MySQL, for services that want it (.ci/mysql-root makes one)")
	f.StringVar(&u.open, "open", lab.OpenFirst, "database that takes writes when the lab is up: first, none or a server")
	f.BoolVar(&u.semiSync, "semi-sync", false, "databases: every server acknowledges what it receives, until a controller chooses the one that does")
	f.BoolVar(&u.atBoot, "replicate-at-boot", false, "databases: replication starts when a server is switched on again")
	f.StringVar(&u.listen, "listen", "127.0.0.1", "address outside at which the routers' API is served")
	f.IntVar(&u.portBase, "port-base", 0, "port of the first router, each takes one; 0 takes free ones")
	f.StringVar(&u.write, "write", "", "write the topology with every router's address as served")
	f.StringVar(&u.controller, "controller", "", "add the host \"controller\": one cable in the segment at this router, one to the internet")
	f.StringVar(&u.inside, "write-inside", "", "write the topology with every router's address as served inside the lab")
	f.BoolVarP(&u.detach, "detach", "d", false, "go into the background when the lab is up")
	return cmd
}

// labUp runs a lab until ctx ends or somebody takes it down. It calls up when that
// is up and everything is said.
func labUp(ctx context.Context, g *globals, file, name string, u *labUpFlags, up func()) error {
	t, err := app.Load(file)
	if err != nil {
		return problems(g.env, err)
	}
	source, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("topology: %w", err)
	}
	if u.clients < 0 || u.clients > 200 {
		return errors.New("--clients: 0..200")
	}
	links := map[string]string{}
	for _, l := range u.links {
		to, quality, ok := strings.Cut(l, "=")
		if !ok {
			return fmt.Errorf("--link %s: want ROUTER.UPLINK=QUALITY", l)
		}
		links[to] = quality
	}
	l, err := lab.Start(ctx, lab.Options{
		Name: name, File: filepath.Base(file), Source: source, Secrets: labSecrets(g, t), Versions: u.versions,
		Clients: u.clients, Controller: u.controller, Databases: u.databases, MySQLRoot: u.mysqlRoot, Open: u.open, SemiSync: u.semiSync, ReplicateAtBoot: u.atBoot, Links: links, Listen: u.listen, PortBase: u.portBase, Log: g.env.Stderr,
	})
	if err != nil {
		return err
	}
	for file, endpoints := range map[string]map[string]spec.Endpoint{u.write: l.Endpoints(), u.inside: l.Inside()} {
		if file == "" {
			continue
		}
		out, err := spec.Rewrite(source, endpoints)
		if err == nil {
			err = writeFile(file, out)
		}
		if err != nil {
			return errors.Join(fmt.Errorf("write the topology: %w", err), l.Close())
		}
	}
	s, err := l.Status(ctx)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	printLab(g.env.Stdout, s)
	for _, r := range s.Routers {
		fmt.Fprintf(g.env.Stdout, "API of %-12s %s\n", r.Name, l.Endpoints()[r.Name].Address)
	}
	fmt.Fprintf(g.env.Stdout, "up in %.2f s\n", l.Took().Seconds())
	up()
	if err := l.Wait(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("the lab ended: %w", err)
	}
	return nil
}

// labSecrets resolves what the routers' users need; what cannot be resolved is
// empty there, as with emulate.
func labSecrets(g *globals, t *tunnel.Topology) map[string]string {
	out := map[string]string{}
	add := func(ref tunnel.SecretRef) {
		if v, err := app.Secret(g.env.Lookup, ref); err == nil && !ref.IsZero() {
			out[ref.String()] = string(v)
		}
	}
	for _, r := range t.Routers {
		add(r.Credentials.Password)
	}
	for _, s := range t.Services {
		add(s.Replication.Password)
		add(s.Replication.Writer.Password)
		add(s.Replication.Fence.Password)
	}
	return out
}

func newLabDown(g *globals, open opener) *cobra.Command {
	return &cobra.Command{
		Use: "down -f FILE", Short: "End the lab; nothing of it stays", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return labCall(cmd.Context(), g, open, func(ctx context.Context, c *lab.Client) error { return c.Down(ctx) })
		},
	}
}

// labCall runs one command against a lab, bounded by --timeout.
func labCall(ctx context.Context, g *globals, open opener, f func(context.Context, *lab.Client) error) error {
	ctx, cancel := g.bound(ctx)
	defer cancel()
	c, err := open()
	if err != nil {
		return err
	}
	return f(ctx, c)
}

func newLabStatus(g *globals, open opener) *cobra.Command {
	form := "text"
	cmd := &cobra.Command{
		Use: "status -f FILE", Short: "What the lab has, what is wrong in it, and what it does not carry out", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkForm(form); err != nil {
				return err
			}
			return labCall(cmd.Context(), g, open, func(ctx context.Context, c *lab.Client) error {
				s, err := c.Status(ctx)
				if err != nil {
					return err
				}
				if form == "json" {
					enc := json.NewEncoder(g.env.Stdout)
					enc.SetIndent("", "  ")
					return enc.Encode(s)
				}
				printLab(g.env.Stdout, s)
				return nil
			})
		},
	}
	formFlag(cmd, &form)
	return cmd
}

// printLab writes a status for people.
func printLab(out io.Writer, s *lab.Status) {
	for _, r := range s.Routers {
		fmt.Fprintf(out, "router  %-12s RouterOS %-8s changes realised within %v\n", r.Name, r.Version, r.Realise.Round(100*time.Microsecond))
		for _, t := range r.Tunnels {
			state := "down"
			switch {
			case t.Blocked:
				state = "blocked by spanning tree"
			case t.Running:
				state = "running"
			}
			fmt.Fprintf(out, "  tunnel %-28s %-8s rx %d tx %d frames, %d dropped\n", t.Name, state, t.Counters.RxPackets, t.Counters.TxPackets, t.Counters.Dropped)
		}
		for _, b := range r.Bonds {
			fmt.Fprintf(out, "  bond   %-28s uses %s\n", b.Name, b.Active)
		}
		for _, v := range r.VRRP {
			fmt.Fprintf(out, "  vrrp   %-28s %s\n", v.Name, v.State)
		}
		for _, l := range r.Lacks {
			fmt.Fprintf(out, "  NOT CARRIED OUT: %s\n", l)
		}
	}
	for _, h := range s.Hosts {
		fmt.Fprintf(out, "%-10s %-12s %-18s at %-12s %-6s %s\n", h.Kind, h.Name, h.Address, h.At, h.State, strings.Join(h.Programs, " "))
	}
	for _, l := range s.Links {
		if l.In != (lab.Quality{}) || l.Out != (lab.Quality{}) {
			fmt.Fprintf(out, "link    %-12s out %s, in %s\n", l.Name, l.Out, l.In)
		}
	}
	for _, f := range s.Faults {
		fmt.Fprintf(out, "FAULT %d %s\n", f.ID, f.What)
	}
	for _, n := range s.Notes {
		fmt.Fprintf(out, "note: %s\n", n)
	}
}

// Stage does the work of a process that a lab or a rehearsal has started, and returns the code to
// exit with; in others ran is false. Programs that run commands call it first.
func Stage() (code int, ran bool) { return rehearsal.Stage() }
