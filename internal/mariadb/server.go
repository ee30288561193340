package mariadb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"
)

// A Server is one database server. Its methods are for one goroutine.
type Server struct {
	ID   int // server_id, from 1
	Port int // on 127.0.0.1

	engine engine
	dir    string
	args   []string
	p      *process
	root   *sql.DB
}

// Address is host and port of the server itself.
func (s *Server) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)) }

// Socket is the path of the Unix socket, as this process sees it.
func (s *Server) Socket() string { return filepath.Join(s.dir, "sock") }

// Root is a handle of the administrator, over the Unix socket. It is the server's.
func (s *Server) Root() *sql.DB { return s.root }

// DB opens a handle over TCP for another account. The caller closes it.
func (s *Server) DB(user, password string) (*sql.DB, error) {
	return open("tcp", s.Address(), user, password)
}

// Pid is the process id, for a test's own signals.
func (s *Server) Pid() int { return s.p.pid }

// Pause stops the process where it stands (SIGSTOP).
func (s *Server) Pause() error { return syscall.Kill(s.p.pid, syscall.SIGSTOP) }

// Resume lets a paused process go on.
func (s *Server) Resume() error { return syscall.Kill(s.p.pid, syscall.SIGCONT) }

// Kill ends the process at once (SIGKILL) and waits until it is gone.
func (s *Server) Kill() { s.p.end(syscall.SIGKILL) }

// Stop shuts the server down in order.
func (s *Server) Stop() { s.p.end(syscall.SIGTERM) }

// Start starts a server that was killed or stopped, on its old data, with more
// arguments, and returns when it answers.
func (s *Server) Start(ctx context.Context, more ...string) error {
	if err := s.boot(more); err != nil {
		return err
	}
	return s.ready(ctx)
}

// Log returns the end of the server's own log.
func (s *Server) Log() string {
	text, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		return err.Error()
	}
	return tail(string(text))
}

// Exec runs statements as the administrator, in a session of their own: what
// they set ends with it.
func (s *Server) Exec(ctx context.Context, statements ...string) error {
	conn, err := s.root.Conn(ctx)
	if err != nil {
		return fmt.Errorf("server %d: %w", s.ID, err)
	}
	defer func() {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // so that the pool does not keep it
		_ = conn.Close()
	}()
	for _, q := range statements {
		if _, err := conn.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("server %d: %s: %w", s.ID, q, err)
		}
	}
	return nil
}

func (s *Server) boot(more []string) error {
	argv := append(s.engine.argv(s), s.args...)
	p, err := run(append(argv, more...), s.engine.chroot, filepath.Join(s.dir, "log"))
	if err != nil {
		return fmt.Errorf("server %d: %w", s.ID, err)
	}
	s.p = p
	return nil
}

// ready waits until the server answers a query.
func (s *Server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, bootTimeout)
	defer cancel()
	for {
		var one int
		err := s.root.QueryRowContext(ctx, "SELECT 1").Scan(&one)
		if err == nil {
			return nil
		}
		if !s.p.alive() {
			err = errGone
		} else if ctx.Err() == nil {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		return fmt.Errorf("server %d: %w; its log ends: %s", s.ID, err, s.Log())
	}
}

// open makes a handle whose driver writes no log of its own.
func open(network, address, user, password string) (*sql.DB, error) {
	c := mysql.NewConfig()
	c.Net, c.Addr, c.User, c.Passwd = network, address, user, password
	c.Timeout, c.ReadTimeout, c.WriteTimeout = time.Second, 20*time.Second, 5*time.Second
	c.InterpolateParams = true
	c.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}
