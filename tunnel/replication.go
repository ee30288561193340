package tunnel

import "time"

// A DatabaseEngine is the family of a replicated database.
type DatabaseEngine uint8

// Database engines.
const (
	EngineUnknown DatabaseEngine = iota
	MariaDB
	MySQL
)

// String returns the word that topology files use.
func (e DatabaseEngine) String() string {
	switch e {
	case MariaDB:
		return "mariadb"
	case MySQL:
		return "mysql"
	case EngineUnknown:
	}
	return "unknown"
}

// Replication says how to ask whether a server may be promoted, and how to
// open and close databases.
type Replication struct {
	Engine DatabaseEngine
	Port   uint16 // of every server's database
	TLS    TLS    // Off: plaintext
	// User is the check account: it reads and changes nothing.
	User     string
	Password SecretRef
	// Writer writes as applications do, Fence opens and closes. The three are
	// different users.
	Writer, Fence Account
	// AllowedLoss is how old the last "in sync" may be at a failover; zero
	// means none.
	AllowedLoss time.Duration
	// SemiSync says that a commit waits for the standby that takes over first:
	// it is set up so, switched with the roles and demanded.
	SemiSync bool
}

// An Account is a database user and where its password is kept.
type Account struct {
	User     string
	Password SecretRef
}

// What stands behind the name of the check account in the names of the others,
// where the file gives none.
const (
	WriterSuffix = "_writer"
	FenceSuffix  = "_fence"
)
