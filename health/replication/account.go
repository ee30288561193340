package replication

import (
	"crypto/tls"
	"database/sql"
	"fmt"
	"time"

	"github.com/go-sql-driver/mysql"
)

// An Account is how to log in to one server.
type Account struct {
	Network  string // tcp or unix; empty means tcp
	Address  string // host:port, or the path of a socket
	User     string
	Password Secret
	TLS      *tls.Config // nil: plaintext
	// Timeout bounds the connecting, Answer each read and write; zero means 1 s
	// and 2 s. A frozen server accepts connections in under a millisecond, so
	// only the answer's limit notices it.
	Timeout, Answer time.Duration
	// Abort cuts connections when they are closed: what is still on its way to
	// the server is thrown away and not delivered later. TCP only.
	Abort bool
}

// Open returns a handle that connects when it is first used. The caller closes
// it. Neither its errors nor its connections show the password, and the driver
// writes no log.
func (a Account) Open() (*sql.DB, error) {
	c := mysql.NewConfig()
	c.Net, c.Addr, c.User, c.Passwd = orTCP(a.Network), a.Address, a.User, string(a.Password)
	c.Timeout = orDefault(a.Timeout, time.Second)
	c.ReadTimeout = orDefault(a.Answer, 2*time.Second)
	c.WriteTimeout = c.ReadTimeout
	c.TLS = a.TLS
	c.InterpolateParams = true // one round trip, and SET and KILL take no placeholders
	c.RejectReadOnly = false   // a refusal is what a fence is proven by
	c.Logger = &mysql.NopLogger{}
	c.DialFunc = dial(c.Timeout, a.Abort)
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, fmt.Errorf("account %s at %s: %w", a.User, a.Address, err)
	}
	db := sql.OpenDB(careful{connector})
	db.SetConnMaxIdleTime(time.Minute)
	return db, nil
}

func orTCP(network string) string {
	if network == "" {
		return "tcp"
	}
	return network
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}
