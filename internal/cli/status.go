package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"jembatan/failover"
	"jembatan/internal/api"
	"jembatan/internal/app"
	"jembatan/internal/render"
	"jembatan/tunnel/status"
)

// whole is a status with what the controller says, if there is one.
type whole struct {
	*status.Report

	Controller *api.Status `json:"controller,omitempty"`
}

// well reports whether nothing needs a person.
func (w whole) well() bool {
	if w.Controller != nil {
		for i := range w.Controller.Services {
			if w.Controller.Services[i].Phase != failover.Normal {
				return false
			}
		}
	}
	return w.AllWell()
}

func (w whole) print(env Env) {
	colour := render.Colour(env.Stdout, env.Lookup)
	render.Status(env.Stdout, w.Report, colour)
	if w.Controller != nil {
		fmt.Fprintln(env.Stdout)
		render.Services(env.Stdout, w.Controller.Services, time.Now(), colour)
	}
}

// controllerOf asks the controller of this topology; nil when none runs here.
func (g *globals) controllerOf(ctx context.Context, a *app.App) *api.Status {
	s, _, err := g.load()
	if err != nil || len(a.Topology.Services) == 0 {
		return nil
	}
	c := api.NewClient(app.SocketPath(s, g.env.Lookup))
	defer c.Close()
	st, err := c.Status(ctx)
	if err != nil {
		return nil // No controller here says nothing about the tunnels.
	}
	ours, errOurs := filepath.Abs(a.File())
	theirs, errTheirs := filepath.Abs(st.File)
	if errOurs != nil || errTheirs != nil || ours != theirs {
		return nil
	}
	return &st
}

func newStatus(g *globals) *cobra.Command {
	var file, form string
	cmd := &cobra.Command{
		Use:   "status -f FILE",
		Short: "Show tunnels, bridges and services as they are now",
		Long: "Tunnels and bridges are read from the routers, services from the controller that serves this topology here,\n" +
			"if one runs.\nExit codes: 0 all well, 2 something is not, 1 an error.",
		Args: cobra.NoArgs,
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
				all := whole{Report: r, Controller: g.controllerOf(ctx, a)}
				err = g.show(form, all, func() { all.print(g.env) })
				if err == nil && !all.well() {
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
