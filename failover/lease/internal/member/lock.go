package member

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// A dirLock keeps other processes out of a directory. The kernel lets go of it
// when the process dies, however it dies.
type dirLock struct{ f *os.File }

// lockDir makes the directory if it is missing and locks it. It does not wait.
func lockDir(dir string) (*dirLock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		pid, _ := io.ReadAll(io.LimitReader(f, 20))
		_ = f.Close()
		return nil, fmt.Errorf("another process uses it (pid %s)", strings.TrimSpace(string(pid)))
	}
	if err == nil {
		if err = f.Truncate(0); err == nil {
			_, err = fmt.Fprintf(f, "%d\n", os.Getpid())
		}
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock it: %w", err)
	}
	return &dirLock{f}, nil
}

// release lets others in. The file stays: removing it would let two in.
func (l *dirLock) release() error { return l.f.Close() }
