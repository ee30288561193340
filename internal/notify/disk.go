package notify

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Names in the directory.
const (
	lockName   = "lock"
	fileSuffix = ".alert"
	newSuffix  = ".new"    // not complete: never read
	badSuffix  = ".broken" // could not be read: left for people
)

// ErrInUse is a directory that another Outbox holds.
var ErrInUse = errors.New("alerts are being sent by another process")

// A disk is a directory with one file an alert. A file is replaced whole: after
// a crash at any point it is the old one or the new one.
type disk struct {
	dir  string
	lock *os.File
	step func() error // tests cut the power here; nil outside of tests
}

func openDisk(dir string) (*disk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("alerts: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("alerts: %w", err)
	}
	// The kernel lets go of it when the process ends, however it ends.
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = ErrInUse
		}
		return nil, fmt.Errorf("alerts in %s: %w", dir, err)
	}
	return &disk{dir: dir, lock: lock}, nil
}

func (d *disk) close() error { return d.lock.Close() }

func (d *disk) path(seq uint64) string {
	return filepath.Join(d.dir, fmt.Sprintf("%016d%s", seq, fileSuffix))
}

// write makes a file durable.
func (d *disk) write(seq uint64, body []byte) error {
	name := d.path(seq)
	f, err := os.OpenFile(name+newSuffix, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("keep alert: %w", err)
	}
	half := len(body) / 2
	err = d.steps(
		func() error { _, err := f.Write(body[:half]); return err },
		func() error { _, err := f.Write(body[half:]); return err },
		f.Sync,
	)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("keep alert: %w", err)
	}
	err = d.steps(func() error { return os.Rename(name+newSuffix, name) }, d.sync)
	if err != nil {
		return fmt.Errorf("keep alert: %w", err)
	}
	return nil
}

func (d *disk) remove(seq uint64) error {
	return d.steps(func() error { return os.Remove(d.path(seq)) })
}

func (d *disk) sync() error {
	f, err := os.Open(d.dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

func (d *disk) steps(do ...func() error) error {
	for _, f := range do {
		if d.step != nil {
			if err := d.step(); err != nil {
				return err
			}
		}
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

// read returns the contents of the files, oldest first, and removes what a crash
// has left half written.
func (d *disk) read() (files map[string][]byte, names []string, err error) {
	all, err := os.ReadDir(d.dir)
	if err != nil {
		return nil, nil, fmt.Errorf("alerts: %w", err)
	}
	files = map[string][]byte{}
	for _, e := range all {
		name := filepath.Join(d.dir, e.Name())
		switch {
		case strings.HasSuffix(name, newSuffix):
			if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, nil, fmt.Errorf("alerts: %w", err)
			}
		case strings.HasSuffix(name, fileSuffix):
			body, err := os.ReadFile(name)
			if err != nil {
				return nil, nil, fmt.Errorf("alerts: %w", err)
			}
			files[name] = body
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return files, names, nil
}
