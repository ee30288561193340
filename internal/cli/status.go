package cli

import (
	"context"

	"github.com/spf13/cobra"

	"jembatan/internal/app"
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
			return g.withApp(cmd.Context(), file, func(ctx context.Context, a *app.App) error {
				r, err := a.Status(ctx)
				if err != nil {
					return err
				}
				notices(g.env, a)
				err = g.show(form, r, func() { render.Status(g.env.Stdout, r, render.Colour(g.env.Stdout, g.env.Lookup)) })
				if err == nil && !r.AllWell() {
					return &codeError{ExitPending, nil}
				}
				return err
			})
		},
	}
	fileFlag(cmd, &file)
	formFlag(cmd, &form)
	return cmd
}
