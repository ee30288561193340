package cli

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"jembatan/failover/runner"
	"jembatan/internal/api"
	"jembatan/internal/drill"
)

// drillFlags are the flags of drill as they were given.
type drillFlags struct {
	to             string
	stay, rto, rpo time.Duration
	yes            bool
	write          drillWriter
}

func newDrill(g *globals) *cobra.Command {
	var f drillFlags
	cmd := &cobra.Command{
		Use:   "drill SERVICE",
		Short: "Move a service to another server and back in order, and report how it went",
		Long: "The real thing: the same gate, fence, drain, opening and switching as a failover, in order, and back after\n" +
			"a while. Meanwhile the controller asks the service as a client does and compares the data. The report says\n" +
			"what was promised and what was measured. The controller holds the drill: interrupting this command only\n" +
			"ends the watching. Say yes in a window that everybody knows of. See docs/drills.md.\n" +
			"Exit codes: 0 PASS, 2 PASS with conditions, 1 FAIL or refused, with the reason's name.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return g.withController(cmd.Context(), func(ctx context.Context, c *api.Client) error {
				return g.drill(ctx, c, args[0], &f)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.to, "to", "", "server to move to; the most preferred other one if not given")
	flags.DurationVar(&f.stay, "stay", drill.DefaultStay, "how long the service stays there")
	flags.DurationVar(&f.rto, "rto", drill.DefaultRTO, "the longest time without service that was promised")
	flags.DurationVar(&f.rpo, "rpo", 0, "what was promised about data, for the report; a planned move that loses any fails")
	flags.BoolVar(&f.yes, "yes", false, "do not ask")
	f.write.register(cmd)
	cmd.AddCommand(newDrillList(g), newDrillShow(g))
	return cmd
}

func (f *drillFlags) check() error {
	for _, x := range []struct {
		name string
		d    time.Duration
	}{{"--stay", f.stay}, {"--rto", f.rto}, {"--rpo", f.rpo}} {
		if x.d < 0 || x.d > drill.MaxStay {
			return fmt.Errorf("%s takes a time from 0 to %v", x.name, drill.MaxStay)
		}
	}
	return f.write.check()
}

// drill asks, begins, tells how it goes, and writes the report.
func (g *globals) drill(ctx context.Context, c *api.Client, service string, f *drillFlags) error {
	if !f.yes {
		if err := g.explainDrill(ctx, c, service, f); err != nil {
			return err
		}
		if err := confirm(g.env, false); err != nil {
			return err
		}
	}
	after, err := lastEntry(ctx, c, service)
	if err != nil {
		return err
	}
	news := f.write.news(g.env)
	fmt.Fprintf(news, "%s: comparing the data, and looking on for a moment\n", service)
	began := time.Now()
	a, err := c.StartDrill(ctx, service, api.DrillRequest{To: f.to, Stay: f.stay.String(), RTO: f.rto.String(), RPO: f.rpo.String()})
	if err != nil {
		return err
	}
	if a.ID == "" {
		return refusal("the drill", a.Reason, a.Detail)
	}
	r, err := followDrill(ctx, c, news, following{service, a.ID, after, began})
	if err != nil {
		return err
	}
	fmt.Fprintln(news)
	return f.write.report(g.env, &r)
}

// explainDrill says what is about to happen.
func (g *globals) explainDrill(ctx context.Context, c *api.Client, service string, f *drillFlags) error {
	st, err := c.Status(ctx)
	if err != nil {
		return err
	}
	for _, s := range st.Services {
		if s.Service == service {
			_, err := fmt.Fprintf(g.env.Stdout, "%s moves from %s to %s, stays there for %v and comes back. In both moves clients get no\n"+
				"answer for a moment, and every connection is cut. When a step fails the move is taken back; when the way\nback is refused the service stays there, and the report says so.\n",
				service, s.Active, targetOf(&s, f.to), f.stay)
			return err
		}
	}
	return api.ErrNoService
}

// targetOf is the server that a drill without --to goes to.
func targetOf(s *runner.Status, to string) string {
	for _, x := range s.Servers {
		if to == "" && x.Name != s.Active {
			return x.Name
		}
	}
	return to
}

func newDrillList(g *globals) *cobra.Command {
	var form string
	cmd := &cobra.Command{
		Use: "list SERVICE", Short: "List the drills that were held", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkForm(form); err != nil {
				return err
			}
			return g.withController(cmd.Context(), func(ctx context.Context, c *api.Client) error {
				all, err := c.Drills(ctx, args[0])
				if err != nil {
					return err
				}
				return g.show(form, all, func() {
					t := tabwriter.NewWriter(g.env.Stdout, 0, 0, 2, ' ', 0)
					for _, d := range all {
						fmt.Fprintf(t, "%s\t%s\t%s\n", d.ID, d.At.UTC().Format("2006-01-02 15:04:05"), d.Verdict)
					}
					_ = t.Flush() // As the other writes to the terminal.
				})
			})
		},
	}
	formFlag(cmd, &form)
	return cmd
}

func newDrillShow(g *globals) *cobra.Command {
	var w drillWriter
	cmd := &cobra.Command{
		Use: "show SERVICE ID", Short: "Show the report of a drill", Args: cobra.ExactArgs(2),
		Long: "Exit codes: as drill.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := w.check(); err != nil {
				return err
			}
			return g.withController(cmd.Context(), func(ctx context.Context, c *api.Client) error {
				body, err := c.Drill(ctx, args[0], args[1])
				if err != nil {
					return err
				}
				r, err := drill.Decode(body)
				if err != nil {
					return err
				}
				return w.report(g.env, &r)
			})
		},
	}
	w.register(cmd)
	return cmd
}
