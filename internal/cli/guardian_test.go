package cli_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"jembatan/failover/actuator/database"
	"jembatan/health/replication"
	"jembatan/internal/cli"
	"jembatan/internal/mariadb"
	"jembatan/tunnel"
)

// TestGuard lets a lease run out on a server without events: the guard closes
// the server, says so, and ends when it is told to.
func TestGuard(t *testing.T) {
	const planted = "pl4nted-s3cret"
	c := mariadb.Test(t, mariadb.Options{})
	server := c.Servers[0]
	login := func(user string) database.Login { return database.Login{User: user, Password: planted} }
	setup := database.Setup{Engine: tunnel.MariaDB, Lease: true, Accounts: database.Accounts{
		Check: login("jembatan"), Writer: login("jembatan_writer"), Fence: login("jembatan_fence"),
	}}
	if err := server.Exec(t.Context(), append(setup.Statements(), "DROP EVENT jembatan.guard")...); err != nil {
		t.Fatal(err)
	}
	handle := func(l database.Login) replication.Target {
		db, err := replication.Account{Address: server.Address(), User: l.User, Password: l.Password}.Open()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return replication.Target{DB: db}
	}
	s := database.Server{
		Name: "main", Engine: tunnel.MariaDB, Lease: true,
		Admin: handle(setup.Accounts.Fence).DB, Writer: handle(setup.Accounts.Writer).DB,
	}
	const ttl = 500 * time.Millisecond
	if _, err := (database.Open{Server: s, Holder: "c", Epoch: 7, Token: 1, TTL: ttl}).Ensure(t.Context()); err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var out bytes.Buffer
	log := &heard{word: "closed:", seen: make(chan struct{})}
	code := make(chan int, 1)
	go func() {
		code <- cli.Run(ctx, cli.Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: log, Lookup: func(name string) (string, bool) {
			return planted, name == "GUARD"
		}}, []string{"guard", "--socket", server.Socket(), "--name", "main", "--password", "env:GUARD", "--interval", "100ms", "--log-level", "info"})
	}()
	select {
	case <-log.seen:
	case <-ctx.Done():
		t.Error("it does not close the server")
	}
	var closed bool
	if err := server.Root().QueryRowContext(t.Context(), "SELECT @@GLOBAL.read_only").Scan(&closed); err != nil || !closed {
		t.Errorf("read_only is %t, %v", closed, err)
	}
	cancel()
	if c := <-code; c != 0 {
		t.Errorf("exit code %d", c)
	}
	text := log.text.String()
	for _, want := range []string{"watching the lease", "epoch=7", "closed: the lease was not renewed", "ended; nobody watches the lease"} {
		if strings.Count(text, want) == 0 {
			t.Errorf("the log lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text+out.String(), planted) {
		t.Errorf("the log tells the password:\n%s", text)
	}
}

// heard is a log that tells when a word was written. It belongs to one writer
// until that has ended.
type heard struct {
	word string
	seen chan struct{}
	once sync.Once
	text bytes.Buffer
}

// Write implements io.Writer.
func (h *heard) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte(h.word)) {
		h.once.Do(func() { close(h.seen) })
	}
	return h.text.Write(b)
}

func TestGuardFlags(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, `required flag(s) "socket" not set`},
		{[]string{"--socket", "s", "--engine", "oracle"}, "--engine takes mariadb or mysql"},
		{[]string{"--socket", "s", "--interval", "5s"}, "--interval takes 100ms to 1s"},
		{[]string{"--socket", "s", "--password", "swordfish"}, "--password takes env:NAME or file:PATH"},
		{[]string{"--socket", "s", "--password", "env:NONE"}, "--password: environment variable NONE is not set"},
	} {
		var errs bytes.Buffer
		env := cli.Env{Stdin: strings.NewReader(""), Stdout: &bytes.Buffer{}, Stderr: &errs, Lookup: func(string) (string, bool) { return "", false }}
		if code := cli.Run(t.Context(), env, append([]string{"guard"}, c.args...)); code == 0 || !strings.Contains(errs.String(), c.want) {
			t.Errorf("%v: code %d, %s", c.args, code, errs.String())
		}
	}
}
