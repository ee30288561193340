// Package cli is the command line: commands are functions of an Env that return
// errors, and every error has an exit code. It is the only package that knows
// cobra.
package cli

import (
	"errors"
	"io"
	"os"
)

// Env is what a command may touch of the process it runs in.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Lookup finds environment variables.
	Lookup func(name string) (string, bool)
	// Again is closed when the user interrupts for the second time; the first
	// time ends the command's context. Nil means never.
	Again <-chan struct{}
}

// OS returns the Env of this process.
func OS() Env {
	return Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Lookup: os.LookupEnv}
}

// Exit codes, the same for every command.
const (
	ExitOK      = 0 // done; nothing to do; all well
	ExitError   = 1 // an error, or a change that failed and was undone
	ExitPending = 2 // changes pending, or something is not well
	ExitStuck   = 3 // failed, and something could not be undone
)

// A codeError ends the program with a code of its own. A nil err is silent: all
// has been said.
type codeError struct {
	code int
	err  error
}

func (e *codeError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *codeError) Unwrap() error { return e.err }

// exitCode returns the code for an error of a command.
func exitCode(err error) int {
	if err == nil {
		return ExitOK
	}
	if ce, ok := errors.AsType[*codeError](err); ok {
		return ce.code
	}
	return ExitError
}
