package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"jembatan/internal/app"
)

func newAlertTest(g *globals) *cobra.Command {
	var file, form string
	cmd := &cobra.Command{
		Use:   "alert-test -f FILE",
		Short: "Send a test message over every way for alerts",
		Long: "Sends one message over every route of the topology's alerts to every recipient, whatever\n" +
			"the levels, and says what came of each: mail, the modems of routers, gateways.\n" +
			"ok means that the mail server, the modem or the gateway has taken the message.\n" +
			"Exit codes: 0 all were taken, 1 one was not, or an error.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkForm(form); err != nil {
				return err
			}
			return g.withApp(cmd.Context(), file, func(ctx context.Context, a *app.App) error {
				tests, err := a.TestAlerts(ctx)
				if err != nil {
					return err
				}
				if err := g.show(form, tests, func() { printAlertTests(g.env.Stdout, tests) }); err != nil {
					return err
				}
				for _, t := range tests {
					if !t.OK {
						return &codeError{ExitError, nil}
					}
				}
				return nil
			})
		},
	}
	fileFlag(cmd, &file)
	formFlag(cmd, &form)
	return cmd
}

func printAlertTests(w io.Writer, tests []app.AlertTest) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, x := range tests {
		said := "ok"
		if !x.OK {
			said = "failed"
		}
		line := fmt.Sprintf("%s\t%s\t%s\t%s\t%.1fs", said, x.Channel, x.Route, x.To, x.Took.Round(100*time.Millisecond).Seconds())
		if x.Error != "" {
			line += "\t" + strings.Join(strings.Fields(x.Error), " ")
		}
		fmt.Fprintln(t, line)
	}
	_ = t.Flush() // Like every other write to the command's output.
}
