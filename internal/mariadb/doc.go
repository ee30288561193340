// Package mariadb starts real database servers for tests and demonstrations:
// one, a pair that replicates master to master, or more in a ring, a star or
// all to all. Every server gets its own directory, listens on 127.0.0.1 and on a
// Unix socket, and dies with the process that started it, however that ends.
//
// Each direction of replication runs through a [Proxy] of its own, so that a
// test can cut it or let it hang.
//
// MariaDB is what the system has installed. With [Options.MySQLRoot] the servers
// are those of a Debian root that `.ci/mysql-root` made.
package mariadb

import (
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// ErrMissing says which program is not installed.
var ErrMissing = errors.New("not installed")

// A Shape is who replicates from whom.
type Shape uint8

// Shapes. None is the zero value: the servers stand alone.
const (
	None Shape = iota
	Ring       // server i from server i-1, the first from the last; two make a pair
	Star       // the first from all others, all others from the first
	All        // everyone from everyone
)

// Options of Start. The zero value is one MariaDB server.
type Options struct {
	Servers int
	Shape   Shape
	// Domains gives every server a gtid_domain_id of its own, in place of 10 for all.
	Domains bool
	// Args are appended to every server's command line; they win over ours.
	Args []string
	// SameID gives every server the same server_id.
	SameID bool
	// MySQLRoot is a root with mysqld in it; empty: the system's MariaDB.
	MySQLRoot string
}

// bootTimeout bounds the wait for a server to answer.
const bootTimeout = 40 * time.Second

// ReplicationUser is the account that replication logs in with.
const (
	ReplicationUser     = "repl"
	replicationPassword = "loopback-only"
)

// Available returns nil when MariaDB can be started here, or what is missing.
func Available() error {
	for _, name := range []string{"mariadbd", "mariadb-install-db"} {
		if _, err := program(name); err != nil {
			return err
		}
	}
	return nil
}

// program finds a program, also in the directories that are on root's path only.
func program(name string) (string, error) {
	for _, p := range []string{name, "/usr/sbin/" + name, "/usr/local/sbin/" + name} {
		if found, err := exec.LookPath(p); err == nil {
			return found, nil
		}
	}
	return "", fmt.Errorf("%s: %w", name, ErrMissing)
}

// links returns who feeds whom: pairs of from and to.
func (o Options) links() [][2]int {
	var out [][2]int
	n := o.Servers
	for to := range n {
		for from := range n {
			fits := false
			switch o.Shape {
			case None:
			case Ring:
				fits = from == (to+n-1)%n
			case Star:
				fits = from == 0 || to == 0
			case All:
				fits = true
			}
			if fits && from != to {
				out = append(out, [2]int{from, to})
			}
		}
	}
	return out
}
