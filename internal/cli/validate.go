package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"jembatan/internal/app"
	"jembatan/tunnel"
	"jembatan/tunnel/spec"
)

func newValidate(g *globals) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "validate -f FILE",
		Short: "Check a topology file; every problem is printed at file:line:column",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			t, err := app.Load(file)
			if err != nil {
				return problems(g.env, err)
			}
			links, err := tunnel.Expand(t, tunnel.Known{})
			if err != nil {
				return err
			}
			tunnels := 0
			for _, l := range links {
				tunnels += len(l.Tunnels)
			}
			fmt.Fprintf(g.env.Stdout, "%s is fine: %s, %s, %s in %s, %s.\n", file,
				count(len(t.Routers), "router"), count(len(t.Segments), "segment"),
				count(tunnels, "tunnel"), count(len(links), "link"), count(len(t.Services), "service"))
			return nil
		},
	}
	fileFlag(cmd, &file)
	return cmd
}

// problems prints what is wrong with a topology, one problem a line, and
// returns the error that ends the command.
func problems(env Env, err error) error {
	ps, ok := errors.AsType[spec.Problems](err)
	if !ok {
		return err
	}
	for _, p := range ps {
		fmt.Fprintln(env.Stderr, p.Error())
	}
	return &codeError{ExitError, fmt.Errorf("%s in the topology", count(len(ps), "problem"))}
}

// count says "1 router" or "4 routers".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, strings.TrimSuffix(noun, "s"))
}
