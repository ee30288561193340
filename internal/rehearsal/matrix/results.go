//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"jembatan/internal/rehearsal"
)

// A keeper keeps results in a file, a line each, so that a run of hours that was
// interrupted can be gone on with. Without a file it keeps nothing.
type keeper struct{ file string }

// read returns what the file holds; nothing when there is none.
func (k keeper) read() ([]*rehearsal.Result, error) {
	if k.file == "" {
		return nil, nil
	}
	f, err := os.Open(k.file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []*rehearsal.Result
	for dec := json.NewDecoder(f); ; {
		r := &rehearsal.Result{}
		err := dec.Decode(r)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, fmt.Errorf("%s: result %d: %w", k.file, len(out)+1, err)
		}
		out = append(out, r)
	}
}

// add appends a result.
func (k keeper) add(r *rehearsal.Result) error {
	if k.file == "" {
		return nil
	}
	f, err := os.OpenFile(k.file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644) //nolint:gosec // For all to read.
	if err != nil {
		return err
	}
	return errors.Join(json.NewEncoder(f).Encode(r), f.Close())
}
