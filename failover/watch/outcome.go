package watch

import (
	"errors"
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

// isRefused reports whether a server answered that it cannot write, whoever asks
// (MariaDB and MySQL manuals, error codes). Read-only (1290, 1792, 1836) is not among
// these: that is a role; nor are denied and missing things, which are our own.
func isRefused(err error) bool {
	answer, ok := errors.AsType[*mysql.MySQLError](err)
	if !ok {
		return false
	}
	switch answer.Number {
	case 3, 1021, 1026, 1114, // EE_WRITE, ER_DISK_FULL, ER_ERROR_ON_WRITE, ER_RECORD_FILE_FULL
		1015, 1016, 1030, 1034, // cannot lock or open a file, ER_GET_ERRNO, ER_NOT_KEYFILE
		1037, 1041, // out of memory
		1194, 1195, // ER_CRASHED_ON_USAGE, ER_CRASHED_ON_REPAIR
		1205, 1969, // ER_LOCK_WAIT_TIMEOUT, ER_STATEMENT_TIMEOUT
		1598, 1881: // ER_BINLOG_LOGGING_IMPOSSIBLE, ER_INNODB_READ_ONLY
		return true
	}
	return false
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
