package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"jembatan/failover"
	"jembatan/failover/journal"
	"jembatan/internal/api"
	"jembatan/internal/app"
	"jembatan/internal/render"
)

// withController asks the running controller something, bounded by --timeout.
func (g *globals) withController(ctx context.Context, do func(context.Context, *api.Client) error) error {
	ctx, cancel := g.bound(ctx)
	defer cancel()
	s, _, err := g.load()
	if err != nil {
		return err
	}
	c := api.NewClient(app.SocketPath(s, g.env.Lookup))
	defer c.Close()
	return do(ctx, c)
}

// refusal is the error of a command that the controller did not carry out.
func refusal(what, reason, detail string) error {
	if detail != "" {
		return fmt.Errorf("%s was refused: %s (%s)", what, reason, detail)
	}
	return fmt.Errorf("%s was refused: %s", what, reason)
}

// wish is a command that takes effect at once.
type wish struct {
	verb   failover.Verb
	args   string // after the service: "" or " SERVER" or " [SERVER]"
	short  string
	long   string
	server bool // the second argument is a server, and needed
}

func wishes() []wish {
	return []wish{
		{verb: failover.Pause, short: "Stop automatic moves of a service", long: "Alerts go on. What is under way is finished."},
		{verb: failover.Resume, short: "Allow automatic moves again"},
		{verb: failover.Pin, short: "Keep a service where it is, whoever asks"},
		{verb: failover.Unpin, short: "Take a pin away"},
		{verb: failover.Ack, short: "Say that you have seen the last failover", long: "Clears the block of one automatic failover an hour and the limit of a day."},
		{verb: failover.Maintain, args: " [SERVER]", short: "Do not judge a server, or the whole service, while its people work on it"},
		{verb: failover.EndMaintenance, args: " [SERVER]", short: "End a maintenance"},
		{verb: failover.Cancel, short: "Take a planned move back, if it still can be"},
		{verb: failover.ConfirmFenced, args: " SERVER", server: true, short: "Say that a server that cannot be reached cannot write either", long: "Say it only when you have made sure: its power is off, or its machine is stopped. A wrong word here\nmakes two writable servers."},
		{verb: failover.AcceptErrant, args: " SERVER", server: true, short: "Say that the errant writes of a server were judged and repaired"},
	}
}

// newWish is a command without a move.
func newWish(g *globals, w wish) *cobra.Command {
	args := cobra.RangeArgs(1, 2)
	switch {
	case w.server:
		args = cobra.ExactArgs(2)
	case w.args == "":
		args = cobra.ExactArgs(1)
	}
	return &cobra.Command{
		Use: w.verb.String() + " SERVICE" + w.args, Short: w.short, Long: w.long, Args: args,
		RunE: func(cmd *cobra.Command, args []string) error {
			in := api.CommandRequest{Verb: w.verb.String()}
			if len(args) > 1 {
				in.Server = args[1]
			}
			return g.withController(cmd.Context(), func(ctx context.Context, c *api.Client) error {
				a, err := c.Command(ctx, args[0], in)
				if err != nil {
					return err
				}
				if !a.Accepted {
					return refusal(in.Verb, a.Reason, a.Detail)
				}
				_, err = fmt.Fprintf(g.env.Stdout, "%s: %s\n", args[0], in.Verb)
				return err
			})
		},
	}
}

// moveFlags are the flags of commands that move a service.
type moveFlags struct {
	to   string
	loss time.Duration
	yes  bool
	nowt bool
}

func newSwitchover(g *globals) *cobra.Command {
	var f moveFlags
	cmd := &cobra.Command{
		Use:   "switchover SERVICE --to SERVER",
		Short: "Move a service to another server in order, without losing a write",
		Long: "The old server is fenced, the new one waits until it holds everything, opens, and the routers are\n" +
			"turned. It is refused unless the new server is healthy and in sync, and taken back when a step fails.\n" +
			"Exit codes: 0 moved, 1 refused or taken back, with the reason's name.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.move(cmd.Context(), args[0], api.CommandRequest{Verb: failover.Switchover.String(), Server: f.to}, f.nowt)
		},
	}
	f.add(cmd, true)
	return cmd
}

func newFailback(g *globals) *cobra.Command {
	var f moveFlags
	cmd := &cobra.Command{
		Use:   "failback SERVICE",
		Short: "Move a service back to the most preferred server that is ready",
		Long:  "A server is ready when it has been healthy and in sync without a break for the policy's hold.\nExit codes: as switchover.",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.move(cmd.Context(), args[0], api.CommandRequest{Verb: failover.Failback.String()}, f.nowt)
		},
	}
	f.add(cmd, false)
	return cmd
}

var errForce = errors.New("force needs --yes: it moves away from a server whose state may not be known")

func newForce(g *globals) *cobra.Command {
	var f moveFlags
	cmd := &cobra.Command{
		Use:   "force SERVICE --to SERVER --yes",
		Short: "Move a service away from a server that is not healthy, by a person's decision",
		Long: "The old server is still fenced first, and what may be lost is still judged; --accept-loss says how old\n" +
			"the last proof of being in sync may be this once. A failover that is held before another server was opened\n" +
			"goes on with the server that is named.\nExit codes: as switchover.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !f.yes {
				return errForce
			}
			in := api.CommandRequest{Verb: failover.Force.String(), Server: f.to}
			if f.loss > 0 {
				in.AcceptLoss = f.loss.String()
			}
			return g.move(cmd.Context(), args[0], in, f.nowt)
		},
	}
	f.add(cmd, true)
	cmd.Flags().DurationVar(&f.loss, "accept-loss", 0, "how old the last proof of being in sync may be")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "I mean it")
	return cmd
}

func (f *moveFlags) add(cmd *cobra.Command, to bool) {
	if to {
		cmd.Flags().StringVar(&f.to, "to", "", "server to move to")
		if err := cmd.MarkFlagRequired("to"); err != nil {
			panic(err) // The flag was made in the line above.
		}
	}
	cmd.Flags().BoolVar(&f.nowt, "no-wait", false, "return when the move has begun")
}

// move asks for a move and tells how it goes until it has ended.
func (g *globals) move(ctx context.Context, service string, in api.CommandRequest, noWait bool) error {
	return g.withController(ctx, func(ctx context.Context, c *api.Client) error {
		after, err := lastEntry(ctx, c, service)
		if err != nil {
			return err
		}
		began := time.Now()
		a, err := c.Command(ctx, service, in)
		if err != nil {
			return err
		}
		if !a.Accepted {
			return refusal(in.Verb, a.Reason, a.Detail)
		}
		if noWait {
			_, err = fmt.Fprintf(g.env.Stdout, "%s: %s has begun\n", service, in.Verb)
			return err
		}
		return g.followMove(ctx, c, service, after, began)
	})
}

// lastEntry returns the newest sequence number of a service's history.
func lastEntry(ctx context.Context, c *api.Client, service string) (uint64, error) {
	last, err := c.History(ctx, service, journal.Query{Limit: 1, Newest: true})
	if err != nil || len(last) == 0 {
		return 0, err
	}
	return last[0].Seq, nil
}

// pollMove is how often a move under way is looked at.
const pollMove = 50 * time.Millisecond

// followMove prints what happens until the move has ended.
func (g *globals) followMove(ctx context.Context, c *api.Client, service string, after uint64, began time.Time) error {
	t := time.NewTicker(pollMove)
	defer t.Stop()
	unproven := false // the public address did not answer
	for {
		entries, err := c.History(ctx, service, journal.Query{Limit: 1000, After: after})
		if err != nil {
			return err
		}
		for _, e := range entries {
			after = e.Seq
			if line := render.Entry(e); line != "" && e.Kind != journal.KindIntent {
				fmt.Fprintf(g.env.Stdout, "%7.3fs  %s\n", e.At.Sub(began).Seconds(), line)
			}
			if e.Kind != journal.KindAlert {
				continue
			}
			switch e.Reason { //nolint:exhaustive // Only what ends a move, or says how.
			case failover.VerifyFailed:
				unproven = true
			case failover.MoveDone:
				if unproven {
					return fmt.Errorf("%s: %s is active, but its public address does not answer yet; the controller goes on asking (jembatan status)", service, e.Server)
				}
				return nil
			case failover.MoveUndone:
				return fmt.Errorf("%s: the move was taken back: %s", service, e.Detail)
			case failover.UndoFailed:
				return fmt.Errorf("%s: NOT taken back: %s cannot be opened again; the controller goes on trying (jembatan status)", service, e.Detail)
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("stopped watching, the controller goes on: %w", context.Cause(ctx))
		case <-t.C:
		}
	}
}

func newHistory(g *globals) *cobra.Command {
	var form string
	var limit int
	var since time.Duration
	cmd := &cobra.Command{
		Use:   "history SERVICE",
		Short: "Show what happened to a service: events, intents, outcomes, alerts, commands",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkForm(form); err != nil {
				return err
			}
			q := journal.Query{Limit: limit, Newest: true}
			if since > 0 {
				q.Since = time.Now().Add(-since)
			}
			return g.withController(cmd.Context(), func(ctx context.Context, c *api.Client) error {
				entries, err := c.History(ctx, args[0], q)
				if err != nil {
					return err
				}
				slices.Reverse(entries) // The newest stands last.
				return g.show(form, entries, func() { render.History(g.env.Stdout, entries) })
			})
		},
	}
	formFlag(cmd, &form)
	cmd.Flags().IntVarP(&limit, "limit", "n", 50, "how many entries, the newest (1..10000)")
	cmd.Flags().DurationVar(&since, "since", 0, "only those of this time until now")
	return cmd
}
