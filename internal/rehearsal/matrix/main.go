//go:build linux

// Command matrix rehearses the fault matrix in labs, keeps every result, and writes
// the table of what was measured, to standard output or between the markers of a
// page:
//
//	go run ./internal/rehearsal/matrix -binary bin/jembatan -runs 10 -results docs/measured/failover.jsonl -write docs/benchmarks.md
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
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

// run measures, and returns an error when an expectation was broken.
func run(ctx context.Context) error {
	binary := flag.String("binary", "bin/jembatan", "the program")
	only := flag.String("only", "", "scenarios, separated by commas, each may be a pattern such as *-vrrp; empty: all")
	list := flag.Bool("list", false, "only name the scenarios")
	loss := flag.Duration("loss", 30*time.Minute, "how long links lose packets")
	form := flag.String("form", string(rehearsal.Text), "text, markdown or json")
	write := flag.String("write", "", "page whose part between the markers is replaced")
	verbose := flag.Bool("v", false, "every step, and the controller's log where something is broken, to standard error")
	mysql := flag.String("mysql-root", "", "root directory that has MySQL (.ci/mysql-root makes one): the scenarios that want it are played too")
	slack := flag.Float64("slack", 1, "by which times may be longer than expected")
	m := matrix{}
	flag.IntVar(&m.runs, "runs", 10, "runs of each scenario, those that -results holds included")
	flag.IntVar(&m.labs, "labs", 2, "labs at a time, of scenarios whose profile is not lan: in those, finding a failure takes seconds")
	flag.StringVar(&m.file, "results", "", "file to which each result is added, and whose older ones count too")
	flag.DurationVar(&m.quiet, "quiet", time.Minute, "how long to wait before each run for others to leave the machine alone")
	flag.Parse()
	program, err := filepath.Abs(*binary)
	if err != nil {
		return err
	}
	m.Options = rehearsal.Options{Binary: program, MySQLRoot: *mysql, Slack: *slack}
	if *verbose {
		m.Trace = os.Stderr
	}
	table := rehearsal.Table(rehearsal.Durations{Loss: *loss})
	if *list {
		for _, s := range chosen(*only, table) {
			fmt.Fprintf(os.Stdout, "%s\t%s\t%s\n", s.Name, s.Variant, s.About)
		}
		return nil
	}
	if m.file != "" {
		if m.results, err = rehearsal.ReadResults(m.file); err != nil {
			return err
		}
	}
	wanted := chosen(*only, table)
	if *mysql == "" {
		wanted = slices.DeleteFunc(wanted, func(s rehearsal.Scenario) bool { return s.Variant.MySQL })
	}
	if len(wanted) == 0 {
		return fmt.Errorf("no scenario is called %q, or it needs -mysql-root", *only)
	}
	failed := m.measure(ctx, wanted)
	if *write != "" {
		err = rehearsal.Write(*write, m.results, table)
	} else {
		err = printed(os.Stdout, rehearsal.Summarise(m.results, table), rehearsal.Form(*form))
	}
	return errors.Join(err, failed)
}

func printed(w io.Writer, rows []rehearsal.Row, form rehearsal.Form) error {
	if form == rehearsal.Text {
		fmt.Fprintln(w, rehearsal.Machine())
	}
	return rehearsal.Print(w, rows, form)
}
