package load

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"jembatan/health/replication"
)

// pause is the least time between two attempts to connect.
const pause = 5 * time.Millisecond

// rows inserts rows one after another over one connection, and connects anew as
// soon as something fails.
func rows(ctx context.Context, o Options, c clock, out chan<- Record) error {
	user, password := o.User, o.Password
	if user == "" {
		user, password = "app", "lab"
	}
	account := replication.Account{
		Address: o.Database, User: user, Password: replication.Secret(password), Timeout: o.Timeout, Answer: o.Answer,
	}
	var s *session
	defer func() { s.close() }()
	id := c.now() // Every run has rows of its own.
	for ; ; id++ {
		r := Record{Kind: SQL, At: c.now()}
		wait := o.Rows
		var err error
		if s == nil {
			s, err = connect(ctx, account, o)
		}
		if err == nil {
			r.ID, r.By = id, s.server
			err = s.insert(ctx, id, r.At)
		}
		r.End, r.OK = c.now(), err == nil
		if ctx.Err() != nil && err != nil {
			return nil // Interrupted, which tells nothing about the service.
		}
		if err != nil {
			r.Why, r.Detail = reasonOf(err), err.Error()
			s.close()
			s, wait = nil, max(0, pause-time.Duration(r.End-r.At))
		}
		out <- r
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// A session is one connection to the database. A nil session may be closed.
type session struct {
	db     *sql.DB
	conn   *sql.Conn
	server string
}

// connect logs in and asks who is there.
func connect(ctx context.Context, account replication.Account, o Options) (*session, error) {
	db, err := account.Open()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.Timeout+o.Answer)
	defer cancel()
	s := &session{db: db}
	if s.conn, err = db.Conn(ctx); err == nil {
		err = s.conn.QueryRowContext(ctx, "SELECT COALESCE(@@report_host, @@server_id)").Scan(&s.server)
	}
	if err != nil {
		s.close()
		return nil, fmt.Errorf("connect: %w", err)
	}
	return s, nil
}

func (s *session) insert(ctx context.Context, id, at int64) error {
	_, err := s.conn.ExecContext(ctx, "INSERT INTO lab.acked (id, at) VALUES (?, ?)", id, at)
	return err
}

func (s *session) close() {
	if s == nil {
		return
	}
	if s.conn != nil {
		_ = s.conn.Close()
	}
	_ = s.db.Close() // It has failed already, or is no longer wanted.
}
