package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"github.com/spf13/cobra"

	"jembatan/internal/app"
	"jembatan/internal/emulate"
	"jembatan/routeros"
	"jembatan/routeros/emulator"
	"jembatan/tunnel"
	"jembatan/tunnel/spec"
)

// emulateFlags are the flags of emulate.
type emulateFlags struct {
	file, write, listen string
	count, portBase     int
	versions            []string
	latency             time.Duration
}

func newEmulate(g *globals) *cobra.Command {
	f := emulateFlags{}
	cmd := &cobra.Command{
		Use:   "emulate (-f FILE | --count N)",
		Short: "Serve emulated routers over the real API protocol until interrupted",
		Long: "Prints one JSON line for each router and then {\"ready\":true}. With -f, a router\n" +
			"whose address is a loopback host:port is served right there; the others get ports\n" +
			"from --port-base on. --write writes the topology with the addresses as served.\n" +
			"Each router has the user admin without a password, and the topology's user.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := g.bound(cmd.Context())
			defer cancel()
			world := emulator.NewWorld()
			defer world.Close()
			server, err := serve(g, world, &f)
			if err != nil {
				return err
			}
			defer server.Close()
			if err := announce(g.env, server); err != nil {
				return err
			}
			<-ctx.Done()
			return nil
		},
	}
	fl := cmd.Flags()
	fl.StringVarP(&f.file, "file", "f", "", "topology file whose routers are emulated")
	fl.IntVar(&f.count, "count", 0, "emulate that many routers of their own, 1..10000")
	fl.StringVar(&f.listen, "listen", "127.0.0.1", "address to listen at")
	fl.IntVar(&f.portBase, "port-base", defaultPortBase, "first port; each router takes two; 0 takes free ones")
	fl.StringSliceVar(&f.versions, "ros-version", nil, "RouterOS releases, given to the routers in turn (default 7.16.1)")
	fl.DurationVar(&f.latency, "latency", 0, "delay of every reply")
	fl.StringVar(&f.write, "write", "", "write the topology with every router's address as served")
	cmd.MarkFlagsMutuallyExclusive("file", "count")
	cmd.MarkFlagsOneRequired("file", "count")
	cmd.MarkFlagsMutuallyExclusive("write", "count")
	return cmd
}

// defaultPortBase is where ports begin when the user does not say.
const defaultPortBase = 20000

// maxCount is the most routers of one process.
const maxCount = 10000

// serve starts the routers that the flags ask for.
func serve(g *globals, world *emulator.World, f *emulateFlags) (*emulate.Server, error) {
	listen, err := netip.ParseAddr(f.listen)
	if err != nil {
		return nil, fmt.Errorf("--listen: %w", err)
	}
	for _, v := range f.versions {
		if _, err := emulator.ParseVersion(v); err != nil {
			return nil, fmt.Errorf("--ros-version: %w", err)
		}
	}
	opts := emulate.ServeOptions{Listen: listen, PortBase: f.portBase, Latency: f.latency}
	if f.file == "" {
		if f.count < 1 || f.count > maxCount {
			return nil, fmt.Errorf("--count: want 1..%d", maxCount)
		}
		return emulate.Serve(world, emulate.Many(f.count, f.versions), opts)
	}
	t, err := app.Load(f.file)
	if err != nil {
		return nil, problems(g.env, err)
	}
	opts.At = emulate.Places(t)
	devices := emulate.Devices(t, f.versions, func(ref tunnel.SecretRef) (routeros.Secret, error) {
		return app.Secret(g.env.Lookup, ref)
	})
	server, err := emulate.Serve(world, devices, opts)
	if err != nil {
		return nil, err
	}
	if f.write != "" {
		err = rewrite(f.file, f.write, server)
	}
	if err != nil {
		server.Close()
		return nil, err
	}
	return server, nil
}

// rewrite writes the topology with the addresses of the emulated routers.
func rewrite(from, to string, server *emulate.Server) error {
	src, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("--write: %w", err)
	}
	out, err := spec.Rewrite(src, server.Endpoints())
	if err != nil {
		return fmt.Errorf("--write: %w", err)
	}
	if err := writeFile(to, out); err != nil {
		return fmt.Errorf("--write: %w", err)
	}
	return nil
}

// announce prints where every router is served.
func announce(env Env, server *emulate.Server) error {
	enc := json.NewEncoder(env.Stdout)
	var errs []error
	for _, line := range server.Lines() {
		errs = append(errs, enc.Encode(line)) //nolint:gosec // The box's own login has no password.
	}
	errs = append(errs, enc.Encode(map[string]bool{"ready": true}))
	return errors.Join(errs...)
}
