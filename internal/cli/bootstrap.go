package cli

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"jembatan/internal/app"
	"jembatan/internal/bootstrap"
	"jembatan/tunnel"
)

// bootstrapFlags are the flags of bootstrap.
type bootstrapFlags struct {
	file, controller, release string
	only                      []string
	remove, databases         bool
}

func newBootstrap(g *globals) *cobra.Command {
	var f bootstrapFlags
	cmd := &cobra.Command{
		Use:   "bootstrap -f FILE",
		Short: "Print the RouterOS scripts that let the controller in, with no more rights than needed",
		Long: "For each router: a group, a user bound to the controller's address, a certificate for api-ssl,\n" +
			"and what to put into the topology. No password is ever printed: the script asks for one.\n" +
			"--databases prints, for each server of each service with a replication, the settings and the SQL\n" +
			"that prepare it (docs/reference/database.md).\n" +
			"--remove prints how to take it all away. Nothing is contacted.",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			t, err := app.Load(f.file)
			if err != nil {
				return problems(g.env, err)
			}
			controller, err := parseController(f.controller)
			if err != nil {
				return err
			}
			if f.databases {
				return printDatabases(g, t, &f, controller)
			}
			for _, name := range f.only {
				if _, ok := t.Router(name); !ok {
					return fmt.Errorf("--only: the topology has no router %q", name)
				}
			}
			for i := range t.Routers {
				if len(f.only) > 0 && !slices.Contains(f.only, t.Routers[i].Name) {
					continue
				}
				s := scriptFor(t, &t.Routers[i], controller, f.release)
				text := s.Setup()
				if f.remove {
					text = s.Removal()
				}
				if _, err := fmt.Fprintln(g.env.Stdout, text); err != nil {
					return err
				}
			}
			return nil
		},
	}
	fileFlag(cmd, &f.file)
	cmd.Flags().StringVar(&f.controller, "controller", "", "address or network that the controller logs in from; none: anywhere")
	cmd.Flags().StringVar(&f.release, "ros-version", "7", "RouterOS release of the routers")
	cmd.Flags().BoolVar(&f.databases, "databases", false, "for the services' databases instead of the routers; --only takes servers")
	cmd.Flags().BoolVar(&f.remove, "remove", false, "print how to take it away again")
	onlyFlag(cmd, &f.only)
	return cmd
}

// parseController reads an address or a network.
func parseController(s string) (netip.Prefix, error) {
	if s == "" {
		return netip.Prefix{}, nil
	}
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, errors.New("--controller: want an address or a network, as in 192.0.2.10 or 192.0.2.0/24")
	}
	return p.Masked(), nil
}

func scriptFor(t *tunnel.Topology, r *tunnel.Router, controller netip.Prefix, release string) bootstrap.Script {
	host, _, err := net.SplitHostPort(r.Address)
	if err != nil {
		host = r.Address
	}
	s := bootstrap.Script{
		Router: r.Name, Site: r.Site, User: r.Credentials.User, Host: host, Controller: controller,
		Old: strings.HasPrefix(release, "6"),
	}
	if a, err := netip.ParseAddr(host); err == nil {
		s.Address = a
	}
	for _, seg := range t.Segments {
		if _, ok := seg.Member(r.Name); ok && !seg.Tunnels.IPsec.IsZero() {
			s.Sensitive = true
		}
	}
	return s
}
