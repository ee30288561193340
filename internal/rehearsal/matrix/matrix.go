//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"jembatan/internal/rehearsal"
)

// A matrix is a measuring run.
type matrix struct {
	rehearsal.Options

	file  string // empty: results are not kept
	runs  int
	labs  int
	quiet time.Duration

	mu      sync.Mutex
	results []*rehearsal.Result
	failed  error
}

// chosen returns the scenarios that were asked for.
func chosen(only string, table []rehearsal.Scenario) []rehearsal.Scenario {
	if only == "" {
		return slices.Clone(table)
	}
	patterns := strings.Split(only, ",")
	return slices.DeleteFunc(slices.Clone(table), func(s rehearsal.Scenario) bool {
		return !slices.ContainsFunc(patterns, func(pattern string) bool {
			ok, err := path.Match(pattern, s.Name)
			return ok && err == nil
		})
	})
}

// measure runs scenarios round by round, until each has been run often enough, and
// returns what was broken: a measurement that was interrupted has about as many runs
// of each. What is measured in milliseconds is measured alone.
func (m *matrix) measure(ctx context.Context, table []rehearsal.Scenario) error {
	for round := 1; round <= m.runs; round++ {
		var others errgroup.Group
		others.SetLimit(max(1, m.labs))
		for _, s := range table {
			if s.Variant.Brisk() && m.wanted(ctx, s, round) {
				rehearsal.AwaitQuiet(ctx, m.quiet) // Otherwise it is measured all the same, and the table tells.
				m.once(ctx, s, round)
			}
		}
		for _, s := range table {
			if !s.Variant.Brisk() {
				others.Go(func() error {
					if m.wanted(ctx, s, round) {
						m.once(ctx, s, round)
					}
					return nil
				})
			}
		}
		_ = others.Wait() // What failed is kept.
	}
	return errors.Join(m.failed, ctx.Err())
}

// wanted reports whether a scenario has fewer runs than a round asks for.
func (m *matrix) wanted(ctx context.Context, s rehearsal.Scenario, round int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, r := range m.results {
		if r.Scenario == s.Name {
			n++
		}
	}
	return ctx.Err() == nil && n < round && !(s.Once && round > 1)
}

// once runs a scenario and keeps what came of it.
func (m *matrix) once(ctx context.Context, s rehearsal.Scenario, round int) {
	r, err := rehearsal.Run(ctx, s, m.Options)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		m.failed = errors.Join(m.failed, fmt.Errorf("run %d: %w", round, err))
		return
	}
	r.Run = round
	m.results = append(m.results, r)
	if m.file != "" {
		m.failed = errors.Join(m.failed, rehearsal.AddResult(m.file, r))
	}
	fmt.Fprintf(os.Stderr, "%s %d of %d: %s, no page for %v, machine %.0f %% busy, %d broken\n", s.Name, round, m.runs, r.Ends(),
		r.PageGap.Took.Round(time.Millisecond), 100*r.Busy, len(r.Broken))
	for _, b := range r.Broken {
		m.failed = errors.Join(m.failed, fmt.Errorf("%s, run %d: %s", s.Name, round, b))
	}
}
