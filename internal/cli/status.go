package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"jembatan/failover"
	"jembatan/failover/runner"
	"jembatan/health"
	"jembatan/internal/api"
	"jembatan/internal/app"
	"jembatan/internal/render"
	"jembatan/tunnel/status"
)

// whole is a status with what the controller says of the services.
type whole struct {
	*status.Report

	Controller *api.Status `json:"controller,omitempty"`
	// Unknown is why nothing is known of the services; empty when there are none.
	Unknown string `json:"services_unknown,omitempty"`
	absent  bool   // no controller has been started on this host
}

// well reports whether nothing needs a person. A controller that is here and cannot
// be asked is not well; where none was started the tunnels alone are looked at.
func (w whole) well() bool {
	if w.Unknown != "" && !w.absent || !w.AllWell() {
		return false
	}
	c := w.Controller
	switch {
	case c == nil:
		return true
	case !c.Leading: // It knows only who does.
		return c.Leader != ""
	}
	return !slices.ContainsFunc(c.Services, ails)
}

// ails reports whether something of a service is not as it should be.
func ails(s runner.Status) bool {
	return !s.Leading || s.Phase != failover.Normal || s.NeedAck || len(s.Owed) > 0 || len(s.Degraded) > 0 || s.Routers.Reachable < s.Routers.Total ||
		slices.ContainsFunc(s.Servers, func(x runner.ServerStatus) bool {
			return x.Health.Verdict != health.Healthy || !x.Active && x.SyncWhy != ""
		})
}

func (w whole) print(env Env) {
	colour := render.Colour(env.Stdout, env.Lookup)
	render.Status(env.Stdout, w.Report, colour)
	switch {
	case w.Unknown != "":
		fmt.Fprintf(env.Stdout, "\nservices: not known: %s\n", w.Unknown)
	case w.Controller != nil:
		fmt.Fprintln(env.Stdout)
		leader := w.Controller.Leader
		if w.Controller.Leading {
			leader = "" // A service that it does not lead nobody does.
		}
		render.Services(env.Stdout, w.Controller.Services, leader, time.Now(), colour)
	}
}

// askLimit bounds the question to a controller, which answers from memory.
const askLimit = 5 * time.Second

// controllerOf asks the controller of this topology; nil without an error when it
// has no services.
func (g *globals) controllerOf(ctx context.Context, a *app.App) (*api.Status, error) {
	if len(a.Topology.Services) == 0 {
		return nil, nil //nolint:nilnil // There is nothing to ask.
	}
	s, _, err := g.load()
	if err != nil {
		return nil, err
	}
	c := api.NewClient(app.SocketPath(s, g.env.Lookup))
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	st, err := c.Status(ctx)
	if err != nil {
		return nil, err
	}
	ours, errOurs := filepath.Abs(a.File())
	theirs, errTheirs := filepath.Abs(st.File)
	if errOurs != nil || errTheirs != nil || ours != theirs {
		return nil, fmt.Errorf("the controller that runs here serves %s", st.File)
	}
	return &st, nil
}

func newStatus(g *globals) *cobra.Command {
	var file, form string
	cmd := &cobra.Command{
		Use:   "status -f FILE",
		Short: "Show tunnels, bridges and services as they are now",
		Long: "Tunnels and bridges are read from the routers, services from the controller that serves this topology here.\n" +
			"One that has been started here and does not answer is not well.\nExit codes: 0 all well, 2 something is not, 1 an error.",
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
				all := whole{Report: r}
				if all.Controller, err = g.controllerOf(ctx, a); err != nil {
					all.Unknown, all.absent = err.Error(), errors.Is(err, fs.ErrNotExist)
				}
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
