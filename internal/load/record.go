package load

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// A Kind is how the service was used.
type Kind string

// Kinds.
const (
	HTTP Kind = "http" // a request over a connection of its own
	SQL  Kind = "sql"  // a row inserted over a connection that is kept
)

// A Record is how one request went. Its times are nanoseconds since 1970 that do
// not jump within a run: the system's clock at the start, and monotonic from there.
type Record struct {
	Kind Kind  `json:"kind"`
	At   int64 `json:"at"`  // begun
	End  int64 `json:"end"` // answered or given up
	OK   bool  `json:"ok"`
	// By is the server that answered; empty when it did not say.
	By string `json:"by,omitempty"`
	// ID is the row of an insert. Without an error it was acknowledged; with one
	// it may be there or not. Zero: the connecting failed.
	ID int64 `json:"id,omitempty"`
	// Why is the reason of a failure, one of the Reasons, and Detail what was said.
	Why    Reason `json:"why,omitempty"`
	Detail string `json:"detail,omitempty"`
}

// A clock gives times that do not jump.
type clock struct{ begun time.Time }

func (c clock) now() int64 { return c.begun.UnixNano() + int64(time.Since(c.begun)) }

// Read reads all records, one JSON object a line. A last line that was cut short
// is left out.
func Read(r io.Reader) ([]Record, error) {
	var out []Record
	err := Scan(r, func(x Record) { out = append(out, x) })
	return out, err
}

// Scan is Read, record by record as they come.
func Scan(r io.Reader, each func(Record)) error {
	lines := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		var x Record
		if err == nil {
			err = json.Unmarshal(line, &x)
		}
		if err != nil {
			return fmt.Errorf("record %d: %w", n, err)
		}
		each(x)
	}
}

// write encodes records until the channel is closed. What was written is handed
// on whenever nothing waits.
func write(to io.Writer, records <-chan Record) error {
	buffer := bufio.NewWriter(to)
	enc := json.NewEncoder(buffer)
	for r := range records {
		err := enc.Encode(r)
		if err == nil && len(records) == 0 {
			err = buffer.Flush()
		}
		if err != nil {
			for range records { // Whoever sends must not wait for ever.
			}
			return fmt.Errorf("write records: %w", err)
		}
	}
	return buffer.Flush()
}
