package replication_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/go-sql-driver/mysql"

	"jembatan/health/replication"
)

func TestTokenAnswer(t *testing.T) {
	answer := func(n uint16) error { return fmt.Errorf("write the token: %w", &mysql.MySQLError{Number: n}) }
	for _, tt := range []struct {
		err  error
		want replication.Answer
	}{
		{nil, replication.NoReply},
		{errors.New("invalid connection"), replication.NoReply},
		{answer(1114), replication.CannotWrite},
		{answer(1021), replication.CannotWrite},
		{answer(1205), replication.CannotWrite},
		{answer(1290), replication.OtherAnswer},
		{answer(1142), replication.OtherAnswer},
	} {
		if got := replication.TokenAnswer(tt.err); got != tt.want {
			t.Errorf("%v: %v, want %v", tt.err, got, tt.want)
		}
	}
}
