// Package journal keeps on disk what an apply is about to do, so that whoever
// comes after a crash knows what was under way. One file is one apply: lines
// that are only ever appended, each with a checksum, and what matters is on the
// disk before it is acted upon. No secret is ever in it.
package journal

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"jembatan/tunnel/plan"
)

// A What says what a record tells.
type What string

// What records tell, in the order in which they come.
const (
	Begin       What = "begin"        // all that is going to happen; nothing has yet
	Armed       What = "armed"        // every guard is there
	Unit        What = "unit"         // one unit began or ended
	Verified    What = "verified"     // all is as planned: from here on it goes forward
	Awaiting    What = "awaiting"     // done, and kept only if a person confirms it
	RollingBack What = "rolling back" // it is being undone
	End         What = "end"          // nothing of it is left
)

// Outcomes of an End.
const (
	Done     = "done"
	Undone   = "undone"
	Reverted = "reverted" // by the guards
	Partly   = "partly"   // units that failed were undone, the others are done
	// Superseded: something that differs from what was before was left alone,
	// because nothing proves that it is the apply's.
	Superseded = "superseded"
)

// A Record is one line.
type Record struct {
	At   time.Time `json:"at"`
	What What      `json:"what"`

	// Of Begin.
	ID        string            `json:"id,omitempty"`
	Holder    string            `json:"holder,omitempty"`
	File      string            `json:"file,omitempty"`      // the topology
	Addresses map[string]string `json:"addresses,omitempty"` // of the routers, by name
	Plan      *plan.Plan        `json:"plan,omitempty"`

	Guards map[string]string `json:"guards,omitempty"` // of Armed: kinds by router
	Until  *time.Time        `json:"until,omitempty"`  // of Armed and Awaiting: when the first guard fires
	Unit   string            `json:"unit,omitempty"`
	State  string            `json:"state,omitempty"` // of Unit
	Why    string            `json:"why,omitempty"`
	Result string            `json:"result,omitempty"` // of End
}

// durable reports whether a record must be on the disk before Append returns.
// Units may be lost with the power: Begin names them all, and whoever recovers
// asks the routers.
func (r *Record) durable() bool { return r.What != Unit }

// A Writer appends to one journal. It is safe for concurrent use. Close it.
type Writer struct {
	mu sync.Mutex // guards all below
	f  *os.File
}

// suffix ends the names of journals.
const suffix = ".journal"

// kept is how many journals that have ended are kept, for people.
const kept = 50

// Create begins a journal in a directory, which it makes if need be. The
// record's ID names the file.
func Create(dir string, begin Record) (*Writer, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	begin.What = Begin
	name := begin.At.UTC().Format("20060102T150405.000") + "-" + begin.ID + suffix
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	w := &Writer{f: f}
	if err := errors.Join(hold(f), w.Append(begin), syncDir(dir)); err != nil {
		return nil, errors.Join(err, w.Close(), os.Remove(f.Name()))
	}
	return w, nil
}

// Open goes on with a journal that was left. It is ErrLive when its writer, or
// somebody who recovers it, is still at work.
func Open(path string) (*Writer, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	if err := hold(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Writer{f: f}, nil
}

// ErrLive is a journal whose writer is still at work.
var ErrLive = errors.New("it is still at work")

// hold locks a journal for this process. The kernel lets go of it when the
// process ends, however it ends.
func hold(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrLive
	}
	return err
}

// Append adds a record; when it returns without an error the record is on the
// disk, unless it only tells of a unit.
func (w *Writer) Append(r Record) error {
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	// A line that a crash has cut is ended by the newline before the next one.
	line := append([]byte{'\n'}, seal(body)...)
	if _, err := w.f.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if !r.durable() {
		return nil
	}
	if err := w.f.Sync(); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// Close closes the file.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.f.Close()
}

// checksum is the CRC-32C of a line, in hexadecimal.
func checksum(body []byte) string {
	sum := crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli))
	return hex.EncodeToString([]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
}

// seal puts a checksum before a line.
func seal(body []byte) []byte { return append([]byte(checksum(body)+" "), body...) }

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}
