//go:build linux

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
)

// upEnv names, to a lab that is put into the background, the file by which it says
// that it is up.
const upEnv = "JEMBATAN_LAB_UP"

// fdUp is that file: the first one behind the standard streams.
const fdUp = 3

// detach runs the same command line without --detach in the background and
// returns when its lab is up. The lab keeps none of our streams: what it says goes
// into files without a name, and what it has said by then is said here. If it ends
// before it is up its exit code is ours; if we are interrupted before that, it ends.
func detach(ctx context.Context, g *globals) error {
	var args []string
	for _, a := range os.Args[1:] {
		if a != "-d" && a != "--detach" {
			args = append(args, a)
		}
	}
	out, err := nameless()
	if err != nil {
		return err
	}
	defer out.Close()
	errs, err := nameless()
	if err != nil {
		return err
	}
	defer errs.Close()
	isUp, upW, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	defer isUp.Close()
	//nolint:gosec,noctx // The same program with its own arguments, which outlives this command.
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), upEnv+"=1")
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = out, errs, []*os.File{upW}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = cmd.Start()
	_ = upW.Close() // The lab has its own.
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = isUp.Close() })
	defer stop()
	said, err := isUp.Read(make([]byte, 1))
	if ctx.Err() != nil {
		_ = cmd.Process.Signal(syscall.SIGTERM) // It may have ended just now.
		_ = cmd.Wait()
		return ctx.Err()
	}
	if said == 0 {
		err = errors.Join(ended(cmd), ignoring(err, io.EOF))
	}
	return errors.Join(retell(out, g.env.Stdout), retell(errs, g.env.Stderr), err)
}

// ended waits for a lab that is not up, and returns how it ended. What an exit code
// of its own means it has said itself.
func ended(cmd *exec.Cmd) error {
	err := cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() > 0 {
		return &codeError{code: exit.ExitCode()}
	}
	if err != nil {
		return fmt.Errorf("lab: it ended before it was up: %w", err)
	}
	return errors.New("lab: it ended before it was up")
}

// ignoring returns err unless it is the one that was expected.
func ignoring(err, expected error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}

// inBackground returns what tells whoever has put this process into the background
// that its lab is up.
func inBackground() (up func()) {
	if os.Getenv(upEnv) == "" {
		return func() {}
	}
	_ = os.Unsetenv(upEnv) // For the programs of the lab.
	syscall.CloseOnExec(fdUp)
	f := os.NewFile(fdUp, "up")
	return func() {
		_, _ = f.Write([]byte{1}) // Nobody waits any more: then nobody needs it.
		_ = f.Close()
	}
}

// nameless makes a file that is gone when it is closed.
func nameless() (*os.File, error) {
	f, err := os.CreateTemp("", "jembatan-lab")
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	return f, os.Remove(f.Name())
}

// retell copies what a file holds.
func retell(f *os.File, to io.Writer) error {
	_, err := io.Copy(to, io.NewSectionReader(f, 0, 1<<30))
	return err
}
