//go:build linux

package rehearsal

import (
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// ReadResults returns what a file of results holds, a line each; nothing when there
// is no such file.
func ReadResults(file string) ([]*Result, error) {
	f, err := os.Open(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []*Result
	for dec := json.NewDecoder(f); ; {
		r := &Result{}
		err := dec.Decode(r)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, fmt.Errorf("%s: result %d: %w", file, len(out)+1, err)
		}
		out = append(out, r)
	}
}

// AddResult appends a result to a file of results: a run of hours that was
// interrupted can be gone on with.
func AddResult(file string, r *Result) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644) //nolint:gosec // For all to read.
	if err != nil {
		return err
	}
	return errors.Join(json.NewEncoder(f).Encode(r), f.Close())
}

// buildOf names the commit that a program was built from; empty: not known.
func buildOf(binary string) string {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return ""
	}
	var revision, changed string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value[:min(len(s.Value), 10)]
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = " with changes"
		}
	}
	return revision + changed
}

// originOf says in a line what results are of: how many, when, of which builds, on
// which machines.
func originOf(results []*Result) string {
	if len(results) == 0 {
		return "no runs"
	}
	first, last := results[0].At, results[0].At
	var builds, machines []string
	for _, r := range results {
		if r.At.Before(first) {
			first = r.At
		}
		if r.At.After(last) {
			last = r.At
		}
		if r.Build != "" {
			builds = addNew(builds, r.Build)
		}
		machines = addNew(machines, r.Machine)
	}
	slices.Sort(builds)
	when := first.UTC().Format(time.DateOnly)
	if end := last.UTC().Format(time.DateOnly); end != when {
		when += " to " + end
	}
	s := fmt.Sprintf("%d runs, %s", len(results), when)
	if len(builds) > 0 {
		s += ", of " + strings.Join(builds, ", ")
	}
	return s + "; " + strings.Join(machines, "; ")
}
