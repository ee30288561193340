package spec

import (
	"time"

	"jembatan/tunnel"
)

type rawReplication struct {
	engine        given[tunnel.DatabaseEngine]
	port          given[int]
	tls           given[rawTLS]
	user          given[string]
	password      given[rawSecret]
	writer, fence given[rawAccount]
	allowedLoss   given[time.Duration]
	semiSync      given[bool]
}

type rawAccount struct {
	user     given[string]
	password given[rawSecret]
}

func replicationForm(dst *given[rawReplication]) form {
	return record[rawReplication]{
		dst: dst, word: "a replication rule", id: "Replication",
		doc: "How to ask the databases whether a server may take over, and how to open and close them.",
		fields: append(databaseFields(), []field[rawReplication]{
			{
				key:  "writer",
				doc:  "The account that writes as applications do. Left out: user with " + tunnel.WriterSuffix + ", and its password.",
				form: func(r *rawReplication) form { return accountForm(&r.writer) },
			}, {
				key:  "fence",
				doc:  "The account that opens and closes databases. Left out: user with " + tunnel.FenceSuffix + ", and its password.",
				form: func(r *rawReplication) form { return accountForm(&r.fence) },
			}, {
				key: "allowed_loss", def: "none",
				doc:  "How old the last proof of being in sync may be at a failover (0s to 24h), or none.",
				form: func(r *rawReplication) form { return loss(&r.allowedLoss) },
			}, {
				key: "semi_sync",
				doc: "Semi-synchronous replication is set up and demanded: a commit waits for the one standby that acknowledges. " +
					"Left out: true when allowed_loss is none, else false.",
				form: func(r *rawReplication) form { return boolean(&r.semiSync) },
			},
		}...),
	}
}

// databaseFields say how to reach the databases and log in to them.
func databaseFields() []field[rawReplication] {
	return []field[rawReplication]{
		{
			key: "engine", need: true,
			doc:  "The family of the databases: mariadb or mysql.",
			form: func(r *rawReplication) form { return word(&r.engine, "a database", tunnel.MariaDB, tunnel.MySQL) },
		}, {
			key: "port", def: defaultDatabasePort,
			doc:  "The TCP port of the database on every server.",
			form: func(r *rawReplication) form { return port(&r.port) },
		}, {
			key: "tls", def: "off",
			doc: "How a database proves who it is: system (the roots of the operating system, with the server's address as its name), " +
				"a certificate authority, the fingerprint of its certificate, or off (plaintext).",
			form: func(r *rawReplication) form { return tlsForm(&r.tls) },
		}, {
			key: "user", need: true,
			doc:  "Name of the database user that reads; the check account.",
			form: func(r *rawReplication) form { return text(&r.user, "a user name", 64, "jembatan") },
		}, {
			key:  "password",
			doc:  "Where its password is kept. Left out: an empty password.",
			form: func(r *rawReplication) form { return secretForm(&r.password) },
		},
	}
}

func accountForm(dst *given[rawAccount]) form {
	return record[rawAccount]{
		dst: dst, word: "a database account", id: "Database account",
		doc: "One of the three accounts; docs/reference/database.md lists what each may do.",
		fields: []field[rawAccount]{
			{
				key:  "user",
				doc:  "Name of the database user. Left out: as if the account were.",
				form: func(a *rawAccount) form { return text(&a.user, "a user name", 64, "jembatan_fence") },
			}, {
				key:  "password",
				doc:  "Where its password is kept. Left out: the one of the check account.",
				form: func(a *rawAccount) form { return secretForm(&a.password) },
			},
		},
	}
}
