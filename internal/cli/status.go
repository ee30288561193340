package cli

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"jembatan/internal/render"
)

func newStatus(g *globals) *cobra.Command {
	var file, form string
	cmd := &cobra.Command{
		Use:   "status -f FILE",
		Short: "Show tunnels and bridges as they are now",
		Long:  "Exit codes: 0 all well, 2 something is not, 1 an error.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkForm(form); err != nil {
				return err
			}
			ctx, cancel := g.bound(cmd.Context())
			defer cancel()
			a, err := g.open(file)
			if err != nil {
				return problems(g.env, err)
			}
			defer a.Close()
			r, err := a.Status(ctx)
			if err != nil {
				return err
			}
			if form == "json" {
				enc := json.NewEncoder(g.env.Stdout)
				enc.SetIndent("", "  ")
				err = enc.Encode(r)
			} else {
				render.Status(g.env.Stdout, r, render.Colour(g.env.Stdout, g.env.Lookup))
			}
			if err == nil && !r.AllWell() {
				return &codeError{ExitPending, nil}
			}
			return err
		},
	}
	fileFlag(cmd, &file)
	formFlag(cmd, &form)
	return cmd
}
