package watch

import (
	"errors"
	"slices"
	"time"

	"github.com/go-sql-driver/mysql"
)

// An outcome is what became of a token.
type outcome uint8

// Outcomes.
const (
	unclear   outcome = iota // nothing that speaks of the server: the path, a role, a privilege
	committed                // it is there
	refused                  // the server cannot write
	abandoned                // no answer, for longer than a path takes to show
)

// ownFaults are the errors of a server that cannot write, whoever asks (MariaDB and
// MySQL manuals, error codes): a disk or a table that is full, storage that fails,
// memory that is used up, a table that is crashed, a lock that somebody keeps.
// Read-only (1290, 1792, 1836) is not among them: that is a role; nor are denied and
// missing things, which are our own.
var ownFaults = []uint16{
	3,          // EE_WRITE
	1015, 1016, // cannot lock, cannot open a file
	1021,             // ER_DISK_FULL
	1026, 1030, 1034, // ER_ERROR_ON_WRITE, ER_GET_ERRNO, ER_NOT_KEYFILE
	1037, 1041, // out of memory
	1114,       // ER_RECORD_FILE_FULL
	1194, 1195, // ER_CRASHED_ON_USAGE, ER_CRASHED_ON_REPAIR
	1205,       // ER_LOCK_WAIT_TIMEOUT
	1598, 1881, // ER_BINLOG_LOGGING_IMPOSSIBLE, ER_INNODB_READ_ONLY
	1969, // ER_STATEMENT_TIMEOUT
}

// isRefused reports whether a server answered that it cannot write.
func isRefused(err error) bool {
	answer, ok := errors.AsType[*mysql.MySQLError](err)
	return ok && slices.Contains(ownFaults, answer.Number)
}

// outcomeOf names what became of a token after some time.
func outcomeOf(err error, took time.Duration) outcome {
	_, answered := errors.AsType[*mysql.MySQLError](err)
	switch {
	case err == nil:
		return committed
	case isRefused(err):
		return refused
	case !answered && took >= longestRound:
		return abandoned
	}
	return unclear
}
