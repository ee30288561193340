package replication

import (
	"errors"

	"github.com/go-sql-driver/mysql"
)

// An Answer is what a server said to a write.
type Answer uint8

// Answers.
const (
	NoReply     Answer = iota // it said nothing: the path, or it hangs
	OtherAnswer               // a role, a privilege, something missing: nothing that speaks of the server's health
	CannotWrite               // it cannot write, whoever asks
)

// TokenAnswer names the error of WriteToken (MariaDB and MySQL manuals, error codes).
// Read-only (1290, 1792, 1836) is a role.
func TokenAnswer(err error) Answer {
	var answer *mysql.MySQLError
	if !errors.As(err, &answer) {
		return NoReply
	}
	switch answer.Number {
	case 3, 1021, 1026, 1114, // EE_WRITE, ER_DISK_FULL, ER_ERROR_ON_WRITE, ER_RECORD_FILE_FULL
		1015, 1016, 1030, 1034, // cannot lock or open a file, ER_GET_ERRNO, ER_NOT_KEYFILE
		1037, 1041, // out of memory
		1194, 1195, // ER_CRASHED_ON_USAGE, ER_CRASHED_ON_REPAIR
		1205, 1969, // ER_LOCK_WAIT_TIMEOUT, ER_STATEMENT_TIMEOUT
		1598, 1881: // ER_BINLOG_LOGGING_IMPOSSIBLE, ER_INNODB_READ_ONLY
		return CannotWrite
	}
	return OtherAnswer
}
