package rehearsal

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"jembatan/health/replication"
)

// checkerOptions say what a checker tries, from the host where it runs.
type checkerOptions struct {
	From    string
	Targets map[string]string // host:port by name
	Every   time.Duration
}

// Limits of one try: what has not answered by then takes no writes that a client
// would wait for.
const (
	tryConnect = 150 * time.Millisecond
	tryAnswer  = 250 * time.Millisecond
)

// tryWrite is refused by a server that is read-only, and waits behind locks, as
// any write does; and it leaves nothing behind.
const tryWrite = "INSERT INTO lab.acked (id, at) SELECT 0, 0 FROM DUAL WHERE FALSE"

// check tries all targets until ctx ends and writes what it sees, a line each.
func check(ctx context.Context, o checkerOptions, to io.Writer) error {
	sights := make(chan Sight, 1024)
	var tries sync.WaitGroup
	for name, address := range o.Targets {
		tries.Go(func() { try(ctx, o, name, address, sights) })
	}
	go func() {
		tries.Wait()
		close(sights)
	}()
	buffer := bufio.NewWriter(to)
	enc := json.NewEncoder(buffer)
	var failed error
	for s := range sights {
		if failed == nil {
			failed = enc.Encode(s)
		}
		if failed == nil && len(sights) == 0 {
			failed = buffer.Flush()
		}
	}
	if failed != nil {
		return fmt.Errorf("write sights: %w", failed)
	}
	return buffer.Flush()
}

// try tries one target again and again over a connection that is kept as long as
// it works.
func try(ctx context.Context, o checkerOptions, name, address string, out chan<- Sight) {
	begun := time.Now()
	now := func() int64 { return begun.UnixNano() + int64(time.Since(begun)) }
	tick := time.NewTicker(o.Every)
	defer tick.Stop()
	var s *ordinary
	defer func() { s.close() }()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		sight := Sight{From: o.From, To: name, At: now()}
		var err error
		if s == nil {
			s, err = login(ctx, address)
		}
		if err == nil {
			sight.By = s.server
			_, err = s.conn.ExecContext(ctx, tryWrite)
		}
		sight.End, sight.Takes = now(), err == nil
		if err != nil && !s.refused(err) {
			s.close()
			s = nil
		}
		out <- sight
	}
}

// An ordinary is a session of an ordinary user. A nil one may be closed.
type ordinary struct {
	db     *sql.DB
	conn   *sql.Conn
	server string
}

func login(ctx context.Context, address string) (*ordinary, error) {
	db, err := replication.Account{Address: address, User: "app", Password: "lab", Timeout: tryConnect, Answer: tryAnswer}.Open()
	if err != nil {
		return nil, err
	}
	s := &ordinary{db: db}
	ctx, cancel := context.WithTimeout(ctx, tryConnect+tryAnswer)
	defer cancel()
	if s.conn, err = db.Conn(ctx); err == nil {
		err = s.conn.QueryRowContext(ctx, "SELECT COALESCE(@@report_host, @@server_id)").Scan(&s.server)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// refused reports whether an error leaves the session as it was: the server
// answered no.
func (s *ordinary) refused(err error) bool {
	var code int
	n, scan := fmt.Sscanf(err.Error(), "Error %d ", &code)
	return s != nil && scan == nil && n == 1 && code == errReadOnly
}

// errReadOnly is ER_OPTION_PREVENTS_STATEMENT.
const errReadOnly = 1290

func (s *ordinary) close() {
	if s == nil {
		return
	}
	if s.conn != nil {
		_ = s.conn.Close()
	}
	_ = s.db.Close() // It has failed already, or is no longer wanted.
}
