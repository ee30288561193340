//go:build linux

// Command matrix rehearses the fault matrix in labs and writes the table of what
// was measured, to standard output or between the markers of a page:
//
//	go run ./internal/rehearsal/matrix -binary bin/jembatan -runs 10 -loss 30m -write docs/benchmarks.md
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"jembatan/internal/rehearsal"
)

func main() {
	code, ran := rehearsal.Stage()
	if !ran {
		code = measure()
	}
	os.Exit(code) //nolint:forbidigo // This is a main.
}

// measure returns the exit code.
func measure() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "matrix:", err)
		return 1
	}
	return 0
}

// A matrix is a measuring run.
type matrix struct {
	rehearsal.Options

	keep  keeper
	runs  int
	quiet time.Duration
}

// run measures, and returns an error when an expectation was broken.
func run(ctx context.Context) error {
	binary := flag.String("binary", "bin/jembatan", "the program")
	runs := flag.Int("runs", 10, "runs of each scenario; 0: only write what -results holds")
	only := flag.String("only", "", "scenarios, separated by commas, each may be a pattern such as *-vrrp; empty: all")
	list := flag.Bool("list", false, "only name the scenarios")
	loss := flag.Duration("loss", 30*time.Minute, "how long links lose packets")
	form := flag.String("form", string(rehearsal.Text), "text, markdown or json")
	write := flag.String("write", "", "page whose part between the markers is replaced")
	keep := flag.String("results", "", "file to which each result is added, and whose older ones count too")
	calm := flag.Duration("quiet", time.Minute, "how long to wait before each run for others to leave the machine alone")
	verbose := flag.Bool("v", false, "every step, and the controller's log where something is broken, to standard error")
	slack := flag.Float64("slack", 1, "by which times may be longer than expected")
	flag.Parse()
	program, err := filepath.Abs(*binary)
	if err != nil {
		return err
	}
	m := matrix{rehearsal.Options{Binary: program, Slack: *slack}, keeper{*keep}, *runs, *calm}
	if *verbose {
		m.Trace = os.Stderr
	}
	table := rehearsal.Table(rehearsal.Durations{Loss: *loss})
	before := rehearsal.MachineNow()
	results, failed := m.keep.read()
	for _, s := range table {
		if !chosen(*only, s.Name) {
			continue
		}
		if *list {
			fmt.Fprintf(os.Stdout, "%s\t%s\t%s\n", s.Name, s.Variant, s.About)
			continue
		}
		got, err := m.repeat(ctx, s)
		results, failed = append(results, got...), errors.Join(failed, err)
	}
	if *list {
		return nil
	}
	rows := rehearsal.Summarise(results, table)
	if *write != "" {
		command := fmt.Sprintf("make matrix RUNS=%d LOSS=%v", *runs, *loss)
		if m.runs == 0 {
			command, before.Load = "go run ./internal/rehearsal/matrix -runs 0 -results …", "" // Of several runs, all earlier.
		}
		err = rehearsal.Write(*write, rows, before, command)
	} else {
		err = printed(os.Stdout, rows, rehearsal.Form(*form), before)
	}
	return errors.Join(err, failed)
}

// chosen reports whether a scenario is among those that were asked for.
func chosen(only, name string) bool {
	return only == "" || slices.ContainsFunc(strings.Split(only, ","), func(pattern string) bool {
		ok, err := path.Match(pattern, name)
		return ok && err == nil
	})
}

// repeat runs a scenario some times, one after the other: what takes half an hour
// once.
func (m matrix) repeat(ctx context.Context, s rehearsal.Scenario) ([]*rehearsal.Result, error) {
	runs := m.runs
	if s.Once {
		runs = min(runs, 1)
	}
	var out []*rehearsal.Result
	var failed error
	for n := range runs {
		if ctx.Err() != nil {
			return out, errors.Join(failed, context.Cause(ctx))
		}
		rehearsal.AwaitQuiet(ctx, m.quiet) // Otherwise it is measured all the same, and the table tells.
		r, err := rehearsal.Run(ctx, s, m.Options)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("run %d: %w", n+1, err))
			continue
		}
		r.Run = n + 1
		out, failed = append(out, r), errors.Join(failed, m.keep.add(r))
		fmt.Fprintf(os.Stderr, "%s %d of %d: %s, no page for %v, machine %.0f %% busy, %d broken\n", s.Name, n+1, runs, r.Ends(),
			r.PageGap.Took.Round(time.Millisecond), 100*r.Busy, len(r.Broken))
		for _, b := range r.Broken {
			failed = errors.Join(failed, fmt.Errorf("%s, run %d: %s", s.Name, n+1, b))
		}
	}
	return out, failed
}

func printed(w io.Writer, rows []rehearsal.Row, form rehearsal.Form, before rehearsal.Machine) error {
	if form == rehearsal.Text {
		fmt.Fprintln(w, before)
	}
	return rehearsal.Print(w, rows, form)
}
