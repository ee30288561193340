package cli

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"jembatan/internal/app"
	"jembatan/tunnel/apply"
	"jembatan/tunnel/guard"
)

// guardFlags are the flags that say how an apply is guarded.
type guardFlags struct {
	kind      string
	unguarded bool
	confirm   time.Duration
	allowDown bool
}

func (f *guardFlags) add(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.kind, "guard", "auto", "guard by: auto, safe-mode, scheduler or none")
	fl.BoolVar(&f.unguarded, "unguarded", false, "go on where a router cannot be guarded, unless our own path is at stake")
	fl.DurationVar(&f.confirm, "confirm", 0, "take everything back after this time unless confirmed by: jembatan confirm")
	fl.BoolVar(&f.allowDown, "allow-down", false, "accept new tunnels that do not run")
}

var (
	errGuard   = errors.New("--guard takes auto, safe-mode, scheduler or none")
	errConfirm = errors.New("--confirm takes at least 10s, and guards by the scheduler only")
)

// options turns the flags into what the app takes.
func (f *guardFlags) options() (app.ApplyOptions, error) {
	o := app.ApplyOptions{Confirm: f.confirm, AllowDown: f.allowDown}
	if k, ok := guard.ParseKind(f.kind); ok {
		o.Kinds = []guard.Kind{k}
	} else if f.kind != "auto" {
		return o, errGuard
	}
	if f.unguarded {
		if len(o.Kinds) == 0 {
			o.Kinds = []guard.Kind{guard.SafeMode, guard.Scheduler}
		}
		o.Kinds = append(o.Kinds, guard.Unguarded)
	}
	const least = 10 * time.Second
	if f.confirm != 0 && (f.confirm < least || len(o.Kinds) > 0 && !slices.Equal(o.Kinds, []guard.Kind{guard.Scheduler})) {
		return o, errConfirm
	}
	return o, nil
}

// predicted prints by what routers would be guarded.
func predicted(w io.Writer, views []app.GuardView) {
	byKind := map[guard.Kind][]string{}
	for _, v := range views {
		if v.Err == nil {
			byKind[v.Kind] = append(byKind[v.Kind], v.Router)
		}
	}
	if text := kinds(byKind); text != "" {
		fmt.Fprintf(w, "Guards: %s.\n", text)
	}
	for _, v := range views {
		if v.Err != nil {
			fmt.Fprintf(w, "! %v\n", v.Err)
		}
	}
}

// armed prints by what routers are guarded.
func armed(w io.Writer, guards []*guard.Guard) {
	byKind := map[guard.Kind][]string{}
	for _, g := range guards {
		byKind[g.Kind] = append(byKind[g.Kind], g.Router)
	}
	fmt.Fprintf(w, "Guarded by %s.\n", kinds(byKind))
}

// kinds lists routers by kind, a few of each by name.
func kinds(byKind map[guard.Kind][]string) string {
	var parts []string
	for _, k := range []guard.Kind{guard.SafeMode, guard.Scheduler, guard.Unguarded} {
		names := byKind[k]
		if len(names) == 0 {
			continue
		}
		const most = 6
		list := strings.Join(names, ", ")
		if len(names) > most {
			list = fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
		}
		name := k.String()
		if k == guard.Unguarded {
			name = "nothing"
		}
		parts = append(parts, name+" on "+list)
	}
	return strings.Join(parts, "; ")
}

// guardOutcome prints what became of the guards; the error is for a person to
// act upon.
func guardOutcome(env Env, file string, r *apply.Result) error {
	if r.RolledBack != nil {
		what := "everything was undone"
		if r.Count(apply.Stuck) > 0 {
			what = "not all could be undone from here"
		}
		fmt.Fprintf(env.Stderr, "%s: %v\n", what, r.RolledBack)
	}
	for _, g := range r.Heals {
		fmt.Fprintf(env.Stderr, "%s: its scheduler takes the rest back by itself at %s\n", g.Router, g.Until.Local().Format(time.TimeOnly))
	}
	for _, err := range r.Alarms {
		fmt.Fprintf(env.Stderr, "ALARM: %v\n", err)
	}
	if !r.Until.IsZero() {
		fmt.Fprintf(env.Stdout, "Taken back at %s unless you confirm: jembatan confirm -f %s\n", r.Until.Local().Format(time.TimeOnly), file)
	}
	if len(r.Alarms) > 0 {
		return fmt.Errorf("a guard did not end as it should, see above; then: jembatan recover -f %s", file)
	}
	return nil
}

// notices prints what is left of applies that have not ended.
func notices(env Env, a *app.App) {
	for _, n := range a.Notices() {
		fmt.Fprintf(env.Stderr, "note: %s\n", n)
	}
}

func newConfirm(g *globals) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "confirm -f FILE",
		Short: "Keep what apply --confirm has done",
		Long: "Finds the guards of apply --confirm on the routers, by their mark, and removes them.\n" +
			"Exit codes: 0 kept, or nothing waits; 1 too late, or a router does not answer that may have a part in it.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := g.bound(cmd.Context())
			defer cancel()
			a, err := g.open(file)
			if err != nil {
				return problems(g.env, err)
			}
			defer a.Close()
			n, err := a.Confirm(ctx)
			if err != nil {
				return err
			}
			notices(g.env, a)
			if n == 0 {
				fmt.Fprintln(g.env.Stdout, "Nothing waits to be confirmed.")
				return nil
			}
			fmt.Fprintf(g.env.Stdout, "Confirmed on %s.\n", count(n, "router"))
			return nil
		},
	}
	fileFlag(cmd, &file)
	return cmd
}

func newRecover(g *globals) *cobra.Command {
	var file string
	var o app.RecoverOptions
	cmd := &cobra.Command{
		Use:   "recover -f FILE",
		Short: "Finish or undo an apply that was interrupted, and clean up after it",
		Long: "Reads the journals of applies that have not ended, asks the routers what is true, and finishes what had been\n" +
			"verified or undoes the rest. Where neither a lock nor a guard of the apply is left on a router, somebody else may have\n" +
			"worked there since: what is there is left alone and named, and the next plan says what differs.\n" +
			"Then it removes, by our marks, what no journal tells of: guards do their work at once,\n" +
			"locks of processes that are gone and a safe mode of a dead session of ours end.\n" +
			"Exit codes: 0 nothing is left; 1 something is, or a router does not answer; 3 something could not be undone.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := g.bound(cmd.Context())
			defer cancel()
			a, err := g.open(file)
			if err != nil {
				return problems(g.env, err)
			}
			defer a.Close()
			done, err := a.Recover(ctx, o)
			recovered(g.env, done)
			if err != nil {
				return recoverError(g.env, err)
			}
			swept, err := a.Sweep(ctx, o)
			something := sweptOut(g.env, swept)
			if err == nil && !something && len(done) == 0 {
				fmt.Fprintln(g.env.Stdout, "Nothing is left of any apply.")
			}
			return err
		},
	}
	fileFlag(cmd, &file)
	cmd.Flags().BoolVar(&o.Undo, "undo", false, "undo what waits to be confirmed, too")
	cmd.Flags().StringSliceVar(&o.Forget, "forget", nil, "routers to give up where they do not answer: the apply ends without them")
	return cmd
}

func recovered(env Env, done []app.Recovered) {
	for _, d := range done {
		fmt.Fprintf(env.Stdout, "%s: %s.\n", d.Title, d.Outcome)
		for _, router := range slices.Sorted(maps.Keys(d.LeftAlone)) {
			fmt.Fprintf(env.Stdout, "  %s: left alone, because no lock and no guard of this apply is there any more and somebody else may have worked there since: %s\n",
				router, strings.Join(d.LeftAlone[router], ", "))
		}
		for _, router := range d.Forgotten {
			fmt.Fprintf(env.Stdout, "  %s: did not answer and was given up; what the apply has left there stays (a plan finds it by its marks, if the router comes back into the file)\n", router)
		}
	}
}

// recoverError lists what could not be undone and gives the error its code.
func recoverError(env Env, err error) error {
	stuck, ok := errors.AsType[*apply.StuckError](err)
	if !ok {
		return err
	}
	for _, l := range stuck.Leftovers {
		fmt.Fprintf(env.Stderr, "  left on %s: %s %s (%s) %s: %v\n", l.Router, l.Menu, l.Name, l.Mark, l.What, l.Err)
	}
	return &codeError{ExitStuck, err}
}

// sweptOut prints what was cleaned; it reports whether there was anything.
func sweptOut(env Env, swept []*apply.Swept) bool {
	something := false
	for _, s := range swept {
		if s == nil || s.Nothing() {
			continue
		}
		something = true
		for _, name := range s.Fired {
			fmt.Fprintf(env.Stdout, "%s: the guard %s has taken its change back.\n", s.Router, name)
		}
		for _, holder := range s.Locks {
			fmt.Fprintf(env.Stdout, "%s: removed the lock of %s, who is gone.\n", s.Router, holder)
		}
		if s.Unrolled {
			fmt.Fprintf(env.Stdout, "%s: left a safe mode of a dead session of ours backwards.\n", s.Router)
		}
		for _, w := range s.Waiting {
			fmt.Fprintf(env.Stdout, "%s: %v (jembatan confirm keeps it, recover --undo does not).\n", s.Router, w)
		}
		if s.Busy != nil {
			fmt.Fprintf(env.Stdout, "%v; left alone.\n", s.Busy)
		}
	}
	return something
}
