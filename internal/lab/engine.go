//go:build linux

package lab

import (
	"context"
	"fmt"
	"os/exec"

	"jembatan/tunnel"
)

// An engine is what tells MariaDB and MySQL apart in a lab.
type engine interface {
	// install makes the data directory that every server gets a copy of.
	install(ctx context.Context, w *world, dir string) error
	// boot returns the process of a server; again tells that it has run before.
	boot(d *database, data string, again bool) *exec.Cmd
	speaks() *dialect
}

// A dialect is what the administrator says to an engine.
type dialect struct {
	program string // what the process of a server is called in the lab
	// before and after are around what prepares a server, so that none of it is in
	// its history.
	before, after []string
	open          string // for writes

	// Formats. A link is called after its source where there are several.
	follow  string // host, port, user, password, link
	begin   string // link
	all     string // verb: starts or stops all links
	applier string // verb, link: the applying on one
	delay   string // link, seconds: apply what arrives so much later
}

// engineOf finds the programs of an engine.
func engineOf(ctx context.Context, e tunnel.DatabaseEngine, o *Options) (engine, error) {
	if e == tunnel.MySQL {
		return findMySQL(ctx, o.MySQLRoot)
	}
	return findMariaDB()
}

// Verbs of links.
const (
	starting = "START"
	stopping = "STOP"
)

// installed runs a program that makes a data directory.
func (w *world) installed(cmd *exec.Cmd, said func() string) error {
	err := w.children.start(cmd)
	if err == nil {
		err = w.children.wait(cmd)
	}
	if err != nil {
		return fmt.Errorf("%s: %w: %s", cmd.Args[0], err, tail(said()))
	}
	return nil
}

func onOff(on bool) string {
	if on {
		return "ON"
	}
	return "OFF"
}
