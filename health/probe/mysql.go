package probe

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/go-sql-driver/mysql"

	"jembatan/health"
)

// MySQL logs in, over a new connection each time, and finishes a query; with
// Write also a write. A hung server whose port still answers fails it: the
// handshake is never sent.
type MySQL struct {
	ID       ID
	Address  netip.AddrPort
	User     string
	Password func() (string, error) // asked for each time; its error is ProberFailed
	TLS      *tls.Config
	Timeout  time.Duration // of the whole; default 1 s
	Slow     time.Duration // above it a good answer is Slow; 0 for never
	Write    Write
}

// A Write is what is written to prove that the server can.
type Write struct {
	// Heartbeat writes Token and Epoch to the server's own row of this table
	// (server_id, token, epoch). Only on the active server, with an account that
	// read_only stops: on a standby it would be an errant transaction.
	Heartbeat string
	Token     func() (token, epoch uint64)
	// DryRun writes to this table, of the same form, and rolls back. With an
	// account that passes read_only it also works on a standby and leaves no
	// trace in the log.
	DryRun string
}

// quiet drops what the driver would log: it is in our samples.
type quiet struct{}

func (quiet) Print(...any) {}

// Probe implements Prober.
func (p *MySQL) Probe(ctx context.Context) health.Sample {
	return look(ctx, p.ID, p.Timeout, p.Slow, p.ask)
}

// A session is what the driver's connections can do. database/sql stays out of
// it: a pool would try twice, and holds locks when the driver panics.
type session interface {
	driver.Conn
	driver.ExecerContext
	driver.QueryerContext
}

func (p *MySQL) ask(ctx context.Context) (err error) {
	// The driver trusts what a server sends: one that sends nonsense makes it
	// panic, and must not take us with it.
	defer func() {
		if recover() != nil {
			err = verdict(health.BadAnswer)
		}
	}()
	c := mysql.NewConfig()
	c.User, c.Net, c.Addr = p.User, "tcp", p.Address.String()
	c.TLS, c.Logger = p.TLS, quiet{}
	c.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		var d net.Dialer
		conn, err := d.DialContext(ctx, network, addr)
		if err == nil {
			// Whatever the driver does, it ends here.
			context.AfterFunc(ctx, func() { _ = conn.Close() })
		}
		return conn, err
	}
	if p.Password != nil {
		secret, err := p.Password()
		if err != nil {
			return verdict(health.ProberFailed)
		}
		c.Passwd = secret
	}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return verdict(health.ProberFailed)
	}
	conn, err := connector.Connect(ctx)
	if err != nil {
		return databaseReason(ctx, err, health.BadAnswer)
	}
	defer func() { _ = conn.Close() }() // The answer is in already.
	s, ok := conn.(session)
	if !ok {
		return verdict(health.ProberFailed)
	}
	if err := query(ctx, s); err != nil {
		return databaseReason(ctx, err, health.QueryFailed)
	}
	if err := p.write(ctx, s); err != nil {
		return databaseReason(ctx, err, health.WriteFailed)
	}
	return nil
}

// query finishes a query: it reads the answer to its end.
func query(ctx context.Context, s session) error {
	rows, err := s.QueryContext(ctx, "SELECT 1", nil)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Read to its end, or the connection ends.
	row := make([]driver.Value, len(rows.Columns()))
	if len(row) != 1 {
		return verdict(health.BadAnswer)
	}
	if err := rows.Next(row); err != nil {
		return verdict(health.BadAnswer)
	}
	if n, ok := row[0].(int64); !ok || n != 1 {
		return verdict(health.BadAnswer)
	}
	if err := rows.Next(row); !errors.Is(err, io.EOF) {
		return verdict(health.BadAnswer)
	}
	return nil
}

func (p *MySQL) write(ctx context.Context, s session) error {
	if p.Write.Heartbeat != "" {
		var token, epoch uint64
		if p.Write.Token != nil {
			token, epoch = p.Write.Token()
		}
		if _, err := s.ExecContext(ctx, fmt.Sprintf("REPLACE INTO %s VALUES (@@server_id, %d, %d)", p.Write.Heartbeat, token, epoch), nil); err != nil {
			return err
		}
	}
	if p.Write.DryRun == "" {
		return nil
	}
	for _, q := range []string{"BEGIN", "REPLACE INTO " + p.Write.DryRun + " VALUES (0, 0, 0)", "ROLLBACK"} {
		if _, err := s.ExecContext(ctx, q, nil); err != nil {
			return err // The connection ends, and with it the transaction.
		}
	}
	return nil
}

// databaseReason names what the server or the driver says: error numbers of the
// MariaDB and MySQL manuals. other is for numbers without a name of their own.
func databaseReason(ctx context.Context, err error, other health.Reason) error {
	var e *mysql.MySQLError
	var v verdict
	switch {
	case errors.As(err, &v):
		return v
	case errors.As(err, &e):
		switch e.Number {
		case 1040, 1203, 1226: // ER_CON_COUNT_ERROR, ER_TOO_MANY_USER_CONNECTIONS, ER_USER_LIMIT_REACHED
			return verdict(health.TooManyConnections)
		case 1044, 1045, 1130, 1142, 1227, 1698: // access denied, in its forms
			return verdict(health.Denied)
		}
		return verdict(other)
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, mysql.ErrInvalidConn):
		return verdict(health.Reset)
	}
	return err
}
