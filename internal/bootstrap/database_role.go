package bootstrap

import (
	"fmt"
	"net"
	"strings"

	"jembatan/tunnel"
)

// Where the role at boot is written, below a directory that the service manager
// makes for the database server and removes when that ends.
const (
	roleDir  = "jembatan-boot"
	roleFile = "/run/" + roleDir + "/role.cnf"
	dropIn   = "/etc/systemd/system/mariadb.service.d/jembatan.conf"
)

// asksAtBoot reports whether a server of the service asks the others before it
// starts: one that would acknowledge commits takes back what its recovery threw
// away. MySQL has nothing of the kind.
func (d *Database) asksAtBoot() bool {
	r := d.Service.Replication
	return r.Engine == tunnel.MariaDB && r.SemiSync
}

// include is the last line of the settings' file.
func (d *Database) include() string {
	if !d.asksAtBoot() {
		return ""
	}
	return "!include " + roleFile + "\n"
}

// Role returns the drop-in of the service manager by which the server asks the
// others at each start, or nothing.
func (d *Database) Role() string {
	if !d.asksAtBoot() {
		return ""
	}
	var b strings.Builder
	b.WriteString("[Unit]\nWants=network-online.target\nAfter=network-online.target\n[Service]\nRuntimeDirectory=" + roleDir + "\n")
	b.WriteString("ExecStartPre=/usr/local/bin/jembatan boot-role --log-level info --timeout 60s")
	for i, s := range d.Service.Servers {
		if i != d.Server {
			fmt.Fprintf(&b, " \\\n  --peer %s", net.JoinHostPort(s.Address.String(), fmt.Sprint(d.Service.Replication.Port)))
		}
	}
	fmt.Fprintf(&b, " \\\n  --user %s --password file:/etc/jembatan/check", d.Service.Replication.User)
	if !d.Service.Replication.TLS.Off {
		b.WriteString(" --ca /etc/jembatan/ca.pem")
	}
	b.WriteString(" \\\n  --write " + roleFile + "\n")
	return b.String()
}

// askers are the addresses from which other servers log in at their boot and the
// controller does not: an account of an address has precedence over one of a
// network, and theirs has no privilege.
func (d *Database) askers() []string {
	var out []string
	for i, s := range d.Service.Servers {
		if i != d.Server && d.asksAtBoot() && d.host() != "%" && !d.Controller.Contains(s.Address) {
			out = append(out, s.Address.String())
		}
	}
	return out
}
