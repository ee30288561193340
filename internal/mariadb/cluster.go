package mariadb

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"golang.org/x/sync/errgroup"
)

// A Cluster is what Start started.
type Cluster struct {
	Servers []*Server

	dir     string
	proxies map[[2]int]*Proxy
}

// Start starts servers from nothing and joins them. All are writable. When ctx
// ends before that, or something fails, nothing is left behind.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	o.Servers = max(o.Servers, 1)
	e, err := o.engine()
	if err != nil {
		return nil, err
	}
	dir, err := e.home()
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: dir, proxies: map[[2]int]*Proxy{}}
	if err := c.start(ctx, e, o); err != nil {
		c.Close()
		return nil, fmt.Errorf("start %d servers: %w", o.Servers, err)
	}
	return c, nil
}

// Link is the proxy that replication from one server to another runs through,
// or nil. Servers count from zero.
func (c *Cluster) Link(from, to int) *Proxy { return c.proxies[[2]int{from, to}] }

// Close ends every server, paused ones too, and removes their files.
func (c *Cluster) Close() {
	for _, s := range c.Servers {
		if s.root != nil {
			_ = s.root.Close()
		}
		if s.p != nil && s.p.alive() {
			s.Kill()
		}
	}
	for _, p := range c.proxies {
		p.Close()
	}
	os.RemoveAll(c.dir)
}

func (c *Cluster) start(ctx context.Context, e engine, o Options) error {
	template, err := e.template(ctx)
	if err != nil {
		return err
	}
	ports, err := freePorts(o.Servers)
	if err != nil {
		return err
	}
	var g errgroup.Group
	for i := range o.Servers {
		s := &Server{ID: i + 1, Port: ports[i], engine: e, dir: filepath.Join(c.dir, strconv.Itoa(i+1)), args: o.Args}
		if o.SameID {
			s.args = append([]string{"--server-id=1"}, s.args...)
		}
		if o.Domains {
			s.args = append([]string{"--gtid-domain-id=" + strconv.Itoa(i+1)}, s.args...)
		}
		c.Servers = append(c.Servers, s)
		g.Go(func() error { return s.create(ctx, template) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for _, l := range o.links() {
		p, err := NewProxy(c.Servers[l[0]].Address())
		if err != nil {
			return err
		}
		c.proxies[l] = p
		if err := c.join(ctx, l[0], l[1], o.Shape != Ring || o.Servers > 2); err != nil {
			return err
		}
	}
	return nil
}

// join lets one server replicate from another through their proxy, over a
// channel of its own when named.
func (c *Cluster) join(ctx context.Context, from, to int, named bool) error {
	s, at := c.Servers[to], c.proxies[[2]int{from, to}].Address()
	channel := ""
	if named {
		channel = "s" + strconv.Itoa(from+1)
	}
	if s.engine.isMySQL() {
		return s.Exec(ctx,
			fmt.Sprintf("CHANGE REPLICATION SOURCE TO SOURCE_HOST='%s', SOURCE_PORT=%d, SOURCE_USER='%s', SOURCE_PASSWORD='%s',"+
				" SOURCE_AUTO_POSITION=1, SOURCE_CONNECT_RETRY=1, SOURCE_RETRY_COUNT=86400, SOURCE_HEARTBEAT_PERIOD=1,"+
				" GET_SOURCE_PUBLIC_KEY=1 FOR CHANNEL '%s'", at.IP, at.Port, ReplicationUser, replicationPassword, channel),
			"START REPLICA FOR CHANNEL '"+channel+"'")
	}
	return s.Exec(ctx,
		fmt.Sprintf("CHANGE MASTER '%s' TO MASTER_HOST='%s', MASTER_PORT=%d, MASTER_USER='%s', MASTER_PASSWORD='%s',"+
			" MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1, MASTER_HEARTBEAT_PERIOD=1",
			channel, at.IP, at.Port, ReplicationUser, replicationPassword),
		"START SLAVE '"+channel+"'")
}

// create makes the server from a template, starts it and gives it the account of replication.
func (s *Server) create(ctx context.Context, template string) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	if err := exec.CommandContext(ctx, "cp", "-a", template, filepath.Join(s.dir, "data")).Run(); err != nil {
		return fmt.Errorf("copy the data directory: %w", err)
	}
	if err := os.Remove(filepath.Join(s.dir, "data", "auto.cnf")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err // MySQL's server_uuid must be its own
	}
	root, err := open("unix", s.Socket(), "root", "")
	if err != nil {
		return err
	}
	s.root = root
	if err := s.boot(nil); err != nil {
		return err
	}
	if err := s.ready(ctx); err != nil {
		return err
	}
	reset := []string{"SET sql_log_bin=1", "RESET MASTER", "SET GLOBAL gtid_slave_pos=''"}
	if s.engine.isMySQL() {
		reset = []string{"SET sql_log_bin=1", "RESET BINARY LOGS AND GTIDS"}
	}
	return s.Exec(ctx, append([]string{
		"SET sql_log_bin=0",
		fmt.Sprintf("CREATE USER '%s'@'%%' IDENTIFIED BY '%s'", ReplicationUser, replicationPassword),
		fmt.Sprintf("GRANT REPLICATION SLAVE ON *.* TO '%s'@'%%'", ReplicationUser),
	}, reset...)...)
}

// freePorts returns different ports of 127.0.0.1 that nobody uses now.
func freePorts(n int) ([]int, error) {
	ports := make([]int, n)
	for i := range ports {
		l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer func() { _ = l.Close() }()
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}
