package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jembatan/internal/cli"
	"jembatan/internal/mariadb"
)

// TestBootRole runs the command against a real server: open, closed, with a wrong
// password, and gone.
func TestBootRole(t *testing.T) {
	const planted = "pl4nted-s3cret"
	c := mariadb.Test(t, mariadb.Options{})
	server := c.Servers[0]
	if err := server.Exec(t.Context(), "CREATE USER jembatan@'%' IDENTIFIED BY '"+planted+"'"); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "role.cnf")
	run := func(password string, args ...string) (code int, out, errs string) {
		var o, e bytes.Buffer
		env := cli.Env{Stdin: strings.NewReader(""), Stdout: &o, Stderr: &e, Lookup: func(name string) (string, bool) {
			return password, name == "ROLE"
		}}
		code = cli.Run(t.Context(), env, append([]string{"boot-role", "--peer", server.Address(), "--password", "env:ROLE", "--log-level", "info", "--timeout", "2s"}, args...))
		if strings.Contains(o.String()+e.String(), planted) {
			t.Errorf("it tells the password:\n%s%s", o.String(), e.String())
		}
		return code, o.String(), e.String()
	}
	check := func(what, password, role, said string) {
		t.Helper()
		if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		code, _, log := run(password, "--write", file)
		text, err := os.ReadFile(file)
		if code != 0 || err != nil || !strings.Contains(string(text), "[mariadb]\ninit_rpl_role="+role+"\n") {
			t.Errorf("%s: code %d, %q, %v", what, code, text, err)
		}
		if !strings.Contains(log, said) || !strings.Contains(log, "role="+role) {
			t.Errorf("%s: the log lacks %q:\n%s", what, said, log)
		}
	}
	check("open", planted, "SLAVE", `state="open for writes"`)
	if code, out, _ := run(planted); code != 0 || !strings.HasSuffix(out, "init_rpl_role=SLAVE\n") {
		t.Errorf("printed: code %d, %s", code, out)
	}
	if err := server.Exec(t.Context(), "SET GLOBAL read_only=1"); err != nil {
		t.Fatal(err)
	}
	check("closed", planted, "MASTER", "state=closed")
	check("wrong password", "other", "MASTER", "state=unknown")
	server.Kill()
	check("gone", planted, "MASTER", "state=closed")
}

// TestBootRoleFails says when a server must not be started, and that an old file
// is gone before anything else is done.
func TestBootRoleFails(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "role.cnf")
	if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{nil, 1, `required flag(s) "peer" not set`},
		{[]string{"--peer", "x"}, 1, `--peer "x" is no HOST:PORT`},
		{[]string{"--peer", "x:1", "--engine", "mysql"}, 1, "--engine takes mariadb"},
		{[]string{"--peer", "127.0.0.1:1", "--write", filepath.Join(dir, "none", "role.cnf")}, 1, "write the role"},
		{[]string{"--peer", "127.0.0.1:1", "--password", "env:NONE", "--write", file}, 0, "--password: environment variable NONE is not set"},
	} {
		var errs bytes.Buffer
		env := cli.Env{Stdin: strings.NewReader(""), Stdout: &bytes.Buffer{}, Stderr: &errs, Lookup: func(string) (string, bool) { return "", false }}
		code := cli.Run(t.Context(), env, append([]string{"boot-role", "--timeout", "1s"}, c.args...))
		if code != c.code || c.want != "" && !strings.Contains(errs.String(), c.want) {
			t.Errorf("%v: code %d, %s", c.args, code, errs.String())
		}
	}
	if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), "=MASTER\n") {
		t.Errorf("%s, %v", text, err)
	}
}
