package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"jembatan/internal/app"
	"jembatan/internal/render"
	"jembatan/tunnel/apply"
	"jembatan/tunnel/guard"
	"jembatan/tunnel/plan"
)

// applyFlags are the flags of apply and destroy.
type applyFlags struct {
	file, planFile string
	yes            bool
	opts           app.PlanOptions
	guard          guardFlags
}

func newApply(g *globals) *cobra.Command {
	var f applyFlags
	cmd := &cobra.Command{
		Use:   "apply -f FILE",
		Short: "Make the routers what the topology says, both ends of a tunnel or neither",
		Long: "Shows the plan, asks, and carries it out. Each link is one unit: both ends are\n" +
			"prepared, committed and read back, and both are undone if either fails.\n" +
			"Every router is guarded before the first change, by its safe mode or by a dead-man\n" +
			"entry of its scheduler: whatever happens here, it takes an unfinished change back by\n" +
			"itself. What was done is kept when tunnels run and every router answers on a fresh\n" +
			"connection. An apply that was interrupted is recovered first;\n" +
			"where it cannot be, on routers that do not answer, only what does not touch these is applied.\n" +
			"Ctrl-C lets the running units finish; a second one undoes everything.\n" +
			"Exit codes: 0 done, 1 failed and undone, 3 failed and something could not be undone.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runApply(cmd.Context(), g, &f) },
	}
	fileFlag(cmd, &f.file)
	cmd.Flags().StringVar(&f.planFile, "plan", "", "carry out this plan, if the routers are still what it was made from")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	onlyFlag(cmd, &f.opts.Only)
	pruneFlag(cmd, &f.opts.Prune)
	f.guard.add(cmd)
	cmd.MarkFlagsMutuallyExclusive("plan", "only")
	cmd.MarkFlagsMutuallyExclusive("plan", "prune")
	return cmd
}

func newDestroy(g *globals) *cobra.Command {
	f := applyFlags{opts: app.PlanOptions{Destroy: true}}
	cmd := &cobra.Command{
		Use:   "destroy -f FILE",
		Short: "Remove everything of ours in this topology's segments",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return runApply(cmd.Context(), g, &f) },
	}
	fileFlag(cmd, &f.file)
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	onlyFlag(cmd, &f.opts.Only)
	f.guard.add(cmd)
	return cmd
}

// runApply plans (or reads a plan), asks, and carries it out. The first end of
// ctx lets the running units finish.
func runApply(ctx context.Context, g *globals, f *applyFlags) error {
	// Ctrl-C must not cancel sentences in flight: ctx only stops new units.
	work, cancel := g.bound(context.WithoutCancel(ctx))
	defer cancel()
	go func() {
		select {
		case <-g.env.Again:
			cancel()
		case <-work.Done():
		}
	}()
	opts, err := f.guard.options()
	if err != nil {
		return err
	}
	a, err := g.open(f.file)
	if err != nil {
		return problems(g.env, err)
	}
	defer a.Close()
	done, unrecovered := a.Recover(work, app.RecoverOptions{})
	recovered(g.env, done)
	p, err := planFor(ctx, a, f)
	if err != nil {
		return errors.Join(recoverError(g.env, unrecovered), err)
	}
	if err := inTheWay(g.env, a, f, p, unrecovered); err != nil {
		return err
	}
	notices(g.env, a)
	if err := f.show(g.env, p); err != nil {
		return err
	}
	if p.Empty() {
		if p.IsBlocked() {
			return &codeError{ExitError, errBlocked}
		}
		return nil
	}
	if !f.yes {
		if err := confirm(g.env, p.Destroy); err != nil {
			return err
		}
	}
	meter := render.NewMeter(g.env.Stderr, g.env.Lookup)
	opts.Stop, opts.Progress = ctx.Done(), meter.Apply
	opts.Armed = func(guards []*guard.Guard) { armed(g.env.Stdout, guards) }
	result, err := a.Apply(work, p, opts)
	meter.Close()
	if result == nil {
		return err
	}
	if alarm := guardOutcome(g.env, f.file, result); alarm != nil {
		err = errors.Join(alarm, err)
	}
	return outcome(g.env, p, result, err)
}

// inTheWay refuses a plan that touches routers on which an earlier apply is not
// at its end. Others only tell of it. A plan without changes is refused where
// such an apply is on any router that it was made for.
func inTheWay(env Env, a *app.App, f *applyFlags, p *plan.Plan, unrecovered error) error {
	if unrecovered == nil {
		return nil
	}
	pending, ok := errors.AsType[*app.UnrecoveredError](unrecovered)
	if !ok {
		return unrecovered
	}
	var routers []string
	for _, u := range p.Units {
		routers = append(routers, u.Routers...)
	}
	if p.Empty() {
		routers = f.opts.Only
	}
	if len(routers) == 0 {
		for _, r := range a.Topology.Routers {
			routers = append(routers, r.Name)
		}
	}
	if err := pending.On(routers); err != nil {
		return recoverError(env, err)
	}
	fmt.Fprintf(env.Stderr, "note: %v\n", pending)
	return nil
}

// show prints the plan; one that was reviewed as a file only in a line.
func (f *applyFlags) show(env Env, p *plan.Plan) error {
	if f.planFile == "" {
		return writePlan(env, p, "text", "")
	}
	_, err := fmt.Fprintln(env.Stdout, p.Summary())
	return err
}

// planFor reads the plan that --plan names, or makes one.
func planFor(ctx context.Context, a *app.App, f *applyFlags) (*plan.Plan, error) {
	if f.planFile == "" {
		return a.Plan(ctx, f.opts)
	}
	file, err := os.Open(f.planFile)
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	defer file.Close()
	p, err := plan.Decode(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.planFile, err)
	}
	return p, nil
}

var errDeclined = errors.New("nothing was changed")

// confirm asks on the terminal; anything but yes declines.
func confirm(env Env, destroy bool) error {
	question := "Carry this out?"
	if destroy {
		question = "Remove all of this?"
	}
	fmt.Fprintf(env.Stdout, "%s [yes/no] ", question)
	line, err := bufio.NewReader(env.Stdin).ReadString('\n')
	if answer := strings.TrimSpace(line); answer == "yes" || answer == "y" {
		return nil
	}
	fmt.Fprintln(env.Stdout)
	if err != nil && line == "" {
		return fmt.Errorf("%w: no answer on standard input (--yes does not ask)", errDeclined)
	}
	return errDeclined
}

// outcome prints how a plan ended and turns it into an exit code.
func outcome(env Env, p *plan.Plan, r *apply.Result, err error) error {
	for _, u := range r.Units {
		if u.State == apply.Applied {
			continue
		}
		fmt.Fprintf(env.Stderr, "%s: %s: %v\n", u.Unit, u.State, u.Err)
		for _, l := range u.Leftovers {
			fmt.Fprintf(env.Stderr, "  left on %s: %s %s (%s) %s: %v\n", l.Router, l.Menu, l.Name, l.Mark, l.What, l.Err)
		}
	}
	parts := []string{fmt.Sprintf("%d of %s applied", r.Count(apply.Applied), count(len(r.Units), "unit"))}
	for _, s := range []apply.State{apply.Undone, apply.Stuck, apply.Skipped} {
		if n := r.Count(s); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	fmt.Fprintln(env.Stdout, strings.Join(parts, ", ")+".")
	switch {
	case len(r.Alarms) > 0:
		return &codeError{ExitStuck, err}
	case r.Count(apply.Stuck) > 0:
		return &codeError{ExitStuck, errors.Join(errors.New("something could not be undone, see above"), err)}
	case err != nil:
		return err
	case r.Count(apply.Applied) < len(r.Units):
		return &codeError{ExitError, errors.New("not everything was applied; what failed is as it was before")}
	case p.IsBlocked():
		return &codeError{ExitError, errBlocked}
	}
	return nil
}
