package bootstrap

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"jembatan/failover/actuator/database"
	"jembatan/tunnel"
)

// A Database is what the preparation of one database server is made from. It
// writes SQL for the server's own command-line client; docs/reference/database.md
// says what it is for.
type Database struct {
	Service *tunnel.Service // with a replication
	Server  int             // which of the service's servers
	// Controller is where this program logs in from; invalid: anywhere.
	Controller netip.Prefix
}

// account is a database user, and the variable that holds its password while
// the script runs. The client keeps no line with PASSWORD in its history.
type account struct {
	role, user string
	secret     tunnel.SecretRef
}

func (a account) variable() string { return "@jembatan_" + a.role + "_password" }

// accounts are the three of a service.
func (d *Database) accounts() []account {
	r := d.Service.Replication
	return []account{{"check", r.User, r.Password}, {"writer", r.Writer.User, r.Writer.Password}, {"fence", r.Fence.User, r.Fence.Password}}
}

// Setup returns the server's settings, in a comment, and the script that makes
// the accounts and what they work on. It holds no password: it stops where it
// has not been given one. What exists is kept, but for the lease's routines,
// which it stops at with the server's own error.
func (d *Database) Setup() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("-- %s: prepares the server for jembatan. Run it as administrator on that", d.title())
	line("-- server: with source in %s, or %s < FILE.", d.client(), d.client())
	line("--")
	line("-- 1. Settings, for a file of the server's own (%s). They hold from its next start,", d.place())
	line("-- from which on it is read-only until the controller opens it: do 2 before that.")
	line("/*\n%s%s*/", d.Settings(), d.include())
	if role := d.Role(); role != "" {
		line("-- For %s: the role at boot. /etc/jembatan/check holds the password of\n-- %s and is readable for the server's user alone.", dropIn, d.Service.Replication.User)
		line("/*\n%s*/", role)
	}
	line("")
	line("-- 2. Passwords of your own, the same ones where the topology says: put them")
	line("-- between the quotes, or set the variables in the session before. Each has at")
	line("-- least %d characters. Do not keep the file with passwords in it.", leastPassword)
	line("SET SESSION sql_log_off = 1;")
	line("SET SESSION sql_mode = REPLACE(@@SESSION.sql_mode, 'NO_BACKSLASH_ESCAPES', '');")
	for _, a := range d.accounts() {
		line("SET %[1]s = COALESCE(%[1]s, ''); -- of %[2]s, in the topology: %[3]s", a.variable(), a.user, a.secret)
	}
	line("")
	line("-- 3. Accounts, schema%s. None of it enters the binary log.", map[bool]string{true: ", and the lease by which the server closes itself"}[d.lease()])
	if d.Service.Replication.Engine == tunnel.MySQL {
		line("SET @jembatan_closed = @@GLOBAL.super_read_only;\nSET GLOBAL super_read_only = 0;")
	}
	for _, a := range d.accounts() {
		line("SET @jembatan_sql = IF(CHAR_LENGTH(%[1]s) >= %[2]d, 'DO 0', 'DO put_a_password_of_%[2]d_characters_in_first');", a.variable(), leastPassword)
		line("PREPARE jembatan FROM @jembatan_sql;\nEXECUTE jembatan;")
	}
	line("DELIMITER //")
	for _, s := range d.statements() {
		line("%s\n//", s)
	}
	line("DELIMITER ;")
	for _, a := range d.accounts() {
		line("SET %s = NULL;", a.variable())
	}
	line("SET @jembatan_sql = NULL;")
	if d.Service.Replication.Engine == tunnel.MySQL {
		line("SET GLOBAL super_read_only = @jembatan_closed;")
	}
	return b.String()
}

// statements are those of database.Setup, but with passwords out of variables.
func (d *Database) statements() []string {
	a := d.accounts()
	setup := database.Setup{
		Engine: d.Service.Replication.Engine, Host: d.host(), Lease: d.lease(), SemiSync: d.Service.Replication.SemiSync,
		Accounts: database.Accounts{Check: database.Login{User: a[0].user}, Writer: database.Login{User: a[1].user}, Fence: database.Login{User: a[2].user}},
	}
	var out []string
	made := 0
	for _, s := range setup.Statements() {
		head, _, creates := strings.Cut(s, " IDENTIFIED BY ")
		if !creates || !strings.HasPrefix(s, "CREATE USER ") {
			out = append(out, s)
			continue
		}
		out = append(out, d.create(head, a[made])...)
		if made++; made < len(a) {
			continue
		}
		for _, from := range d.askers() {
			out = append(out, d.create(fmt.Sprintf("CREATE USER IF NOT EXISTS %s@%s", literal(a[0].user), literal(from)), a[0])...)
		}
	}
	return out
}

// create is a statement that makes an account, with the password out of its variable.
func (d *Database) create(head string, a account) []string {
	return []string{
		fmt.Sprintf("SET @jembatan_sql = CONCAT('%s IDENTIFIED BY ', QUOTE(%s))", strings.NewReplacer("'", "''", `\`, `\\`).Replace(head), a.variable()),
		"PREPARE jembatan FROM @jembatan_sql", "EXECUTE jembatan",
	}
}

// Removal returns the script that takes all of it away again.
func (d *Database) Removal() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("-- %s: takes away what bootstrap --databases made. Run it as administrator on", d.title())
	line("-- that server, when no controller works on the service any more.")
	line("SET SESSION sql_log_bin = 0;")
	if d.Service.Replication.Engine == tunnel.MySQL {
		line("SET GLOBAL super_read_only = 0;")
	}
	line("DROP EVENT IF EXISTS jembatan.guard;")
	line("DROP DATABASE IF EXISTS jembatan;")
	for _, a := range d.accounts() {
		line("DROP USER IF EXISTS %s@%s;", literal(a.user), literal(d.host()))
	}
	for _, from := range d.askers() {
		line("DROP USER IF EXISTS %s@%s;", literal(d.Service.Replication.User), literal(from))
	}
	line("SET SESSION sql_log_bin = 1;")
	if d.Role() != "" {
		line("-- Remove %s.", dropIn)
	}
	line("-- Then remove the settings' file (%s). Until the next start the server", d.place())
	line("-- stays as it is: open the one that is to take writes with")
	line("-- SET GLOBAL read_only = 0;")
	return b.String()
}

func (d *Database) title() string {
	s := d.Service.Servers[d.Server]
	return fmt.Sprintf("%s, server %s (%s), %s", d.Service.Name, s.Name,
		net.JoinHostPort(s.Address.String(), fmt.Sprint(d.Service.Replication.Port)), d.Service.Replication.Engine)
}

// lease reports whether the server closes itself.
func (d *Database) lease() bool { return d.Service.Policy.SiteLoss == tunnel.SiteLossLease }

// client is the name of the command-line client.
func (d *Database) client() string {
	if d.Service.Replication.Engine == tunnel.MySQL {
		return "mysql"
	}
	return "mariadb"
}

// place is where settings of one's own go, as packages lay it out.
func (d *Database) place() string {
	if d.Service.Replication.Engine == tunnel.MySQL {
		return "/etc/mysql/conf.d/jembatan.cnf"
	}
	return "/etc/mysql/mariadb.conf.d/90-jembatan.cnf"
}

// host is from where the accounts may come, as the server writes it: an address,
// a network with its mask, or anywhere. Networks of IPv6 it cannot write.
func (d *Database) host() string {
	p := d.Controller
	switch {
	case !p.IsValid():
		return "%"
	case p.IsSingleIP():
		return p.Addr().String()
	case p.Addr().Is4():
		return p.Masked().Addr().String() + "/" + net.IP(net.CIDRMask(p.Bits(), 32)).String()
	}
	return "%"
}

// literal is a string of SQL. Names of users that the topology takes hold
// nothing that would need more.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
