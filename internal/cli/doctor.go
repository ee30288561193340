package cli

import (
	"context"

	"github.com/spf13/cobra"

	"jembatan/internal/app"
	"jembatan/internal/doctor"
	"jembatan/internal/render"
)

func newDoctor(g *globals) *cobra.Command {
	var file, form string
	cmd := &cobra.Command{
		Use:   "doctor -f FILE",
		Short: "Examine whether the routers are fit, and say what to do",
		Long: "Checks of every router: connection, encryption, release, licence, device-mode, policies of\n" +
			"the API user, clock, sessions left, guard kind, uplink addresses and local ports.\n" +
			"Changes nothing. Exit codes: 0 all well, 2 something is not, 1 an error.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkForm(form); err != nil {
				return err
			}
			return g.withApp(cmd.Context(), file, func(ctx context.Context, a *app.App) error {
				checks, err := a.Doctor(ctx)
				if err != nil {
					return err
				}
				err = g.show(form, checks, func() { render.Doctor(g.env.Stdout, checks, render.Colour(g.env.Stdout, g.env.Lookup)) })
				if err == nil && doctor.Worst(checks) != doctor.Good {
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
