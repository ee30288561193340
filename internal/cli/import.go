package cli

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"jembatan/internal/app"
)

// importFlags are the flags of import as they were given.
type importFlags struct {
	opts  app.ImportOptions
	login loginFlags
	out   string
}

func newImport(g *globals) *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import (--router ADDR… | --export DIR|FILE…)",
		Short: "Make a topology file of tunnels that exist",
		Long: "Reads live routers, or saved /export files of RouterOS 6 and 7, pairs the ends of EoIP tunnels by addresses and\n" +
			"ids, groups the bridges that they join into segments, and writes the topology file. What could not be paired,\n" +
			"or cannot be said in a topology, is left alone and told in comments at its head. Changes nothing. A plan of the\n" +
			"file changes nothing but comments: apply then takes the objects over (see adopt).\n" +
			"Exit codes: 0 done, 1 an error, or a source that could not be read.",
		RunE: func(cmd *cobra.Command, args []string) error {
			f.opts.Exports = append(f.opts.Exports, args...)
			ctx, cancel := g.bound(cmd.Context())
			defer cancel()
			var err error
			if f.opts.Login, err = f.login.resolve(); err != nil {
				return err
			}
			if _, err := os.Lstat(f.out); f.out != "" && err == nil {
				return fmt.Errorf("%s is there already; name another file", f.out)
			}
			s, log, err := g.load()
			if err != nil {
				return err
			}
			im, err := app.Import(ctx, f.opts, app.Options{Settings: s, Log: log, Env: g.env.Lookup})
			if err != nil {
				return err
			}
			return f.write(g.env, im)
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&f.opts.Routers, "router", nil, "address of a live router, host or host:port; may be given again")
	flags.StringArrayVar(&f.opts.Exports, "export", nil, "file or folder with saved exports; may be given again, and more may follow as arguments")
	f.login.register(flags)
	flags.StringVar(&f.out, "out", "", "write the topology to a file, which must not be there yet")
	return cmd
}

// write writes the topology and says what came out.
func (f *importFlags) write(env Env, im *app.Imported) error {
	if f.out == "" {
		if _, err := env.Stdout.Write(im.Text); err != nil {
			return err
		}
	} else if err := writeFile(f.out, im.Text); err != nil {
		return fmt.Errorf("write topology: %w", err)
	}
	for _, n := range im.Notes {
		if n.Path == "" || n.Open {
			fmt.Fprintln(env.Stderr, n)
		}
	}
	tunnels := 0
	for i := range im.Topology.Segments {
		tunnels += len(im.Topology.Segments[i].Tunnels.IDs)
	}
	fmt.Fprintf(env.Stderr, "%s, %s, %s.\n", count(len(im.Topology.Routers), "router"),
		count(len(im.Topology.Segments), "segment"), count(tunnels, "tunnel"))
	if len(im.Unread) > 0 {
		return &codeError{ExitError, errors.New("not everything could be read, see above")}
	}
	return nil
}
