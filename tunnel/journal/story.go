package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Story is a journal as it was read.
type Story struct {
	Path    string
	Begin   Record
	Records []Record // without Begin
	// Damaged counts lines that are not what was written. A cut one at the end is
	// what a crash leaves.
	Damaged int
	// Live says that its writer is still at work.
	Live bool
}

// Last returns the newest record of a kind; ok is false when there is none.
func (s *Story) Last(what What) (Record, bool) {
	for _, r := range slices.Backward(s.Records) {
		if r.What == what {
			return r, true
		}
	}
	return Record{}, false
}

// Ended reports whether nothing of it is left to do.
func (s *Story) Ended() bool { _, ok := s.Last(End); return ok }

// Parse reads a journal. It never fails: what is damaged is counted, and a
// journal without a beginning has none.
func Parse(data []byte) *Story {
	s := &Story{}
	for line := range bytes.Lines(data) {
		line = bytes.TrimRight(line, "\n")
		if len(line) == 0 {
			continue
		}
		sum, body, ok := bytes.Cut(line, []byte{' '})
		var r Record
		if !ok || string(sum) != checksum(body) || json.Unmarshal(body, &r) != nil {
			s.Damaged++
			continue
		}
		if r.What == Begin {
			s.Begin = r
			continue
		}
		s.Records = append(s.Records, r)
	}
	return s
}

// Pending returns the journals of a directory that have not ended, oldest
// first, and forgets old ones that have. A directory that is not there has none.
func Pending(dir string) ([]*Story, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	slices.Sort(names)
	var pending []*Story
	var ended []string
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
		s := Parse(data)
		s.Path = name
		if w, err := Open(name); errors.Is(err, ErrLive) {
			s.Live = true
		} else if err == nil {
			_ = w.Close() // Only to see whether somebody has it.
		}
		switch {
		case s.Ended():
			ended = append(ended, name)
		case s.Begin.Plan == nil && !s.Live:
			// Cut before it said what was to happen: nothing has.
			ended = append(ended, name)
		default:
			pending = append(pending, s)
		}
	}
	for len(ended) > kept {
		_ = os.Remove(ended[0]) // Old and ended: nobody misses it, nor its removal.
		ended = ended[1:]
	}
	return pending, nil
}

// Touches reports whether the journal is about one of the routers, given by
// name and address.
func (s *Story) Touches(addresses map[string]string) bool {
	for name, address := range s.Begin.Addresses {
		if addresses[name] == address {
			return true
		}
	}
	return false
}

// Title is a journal in a few words.
func (s *Story) Title() string {
	return fmt.Sprintf("the apply %s of %s, begun %s by %s", s.Begin.ID, filepath.Base(s.Begin.File),
		s.Begin.At.Local().Format("2006-01-02 15:04:05"), strings.ReplaceAll(s.Begin.Holder, "_", " "))
}
