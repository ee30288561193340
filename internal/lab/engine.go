//go:build linux

package lab

import (
	"context"
	"fmt"
	"os/exec"

	"jembatan/tunnel"
)

// An engine is what tells MariaDB and MySQL apart in a lab. Its statements are for
// the administrator.
type engine interface {
	// install makes the data directory that every server gets a copy of.
	install(ctx context.Context, w *world, dir string) error
	// boot returns the process of a server; again tells that it has run before.
	boot(d *database, data string, again bool) *exec.Cmd
	// prepared wraps what prepares a server, so that none of it is in its history.
	prepared(statements []string) []string
	// opened lets a server take writes.
	opened() []string
	// follow makes a server replicate from another, over a link of that name.
	follow(from *host, link string) []string
	// all starts or stops all links, applier the applying on one, delay lets one
	// apply what arrives by a number of seconds later.
	all(verb string) string
	applier(verb, link string) string
	delay(link string, seconds int) string
	// program is what the process of a server is called in the lab.
	program() string
}

// engineOf finds the programs of an engine.
func engineOf(e tunnel.DatabaseEngine, o *Options) (engine, error) {
	if e == tunnel.MySQL {
		return findMySQL(o.MySQLRoot)
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
