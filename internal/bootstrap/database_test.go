package bootstrap_test

import (
	"bytes"
	"context"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/failover/actuator/database"
	"jembatan/health/replication"
	"jembatan/internal/bootstrap"
	"jembatan/internal/mariadb"
	"jembatan/tunnel"
)

// shop is a service with n databases.
func shop(engine tunnel.DatabaseEngine, n int) *tunnel.Service {
	s := &tunnel.Service{
		Name: "erp",
		Replication: tunnel.Replication{
			Engine: engine, Port: 3306, TLS: tunnel.TLS{Off: true}, User: "jembatan", Password: tunnel.SecretRef{Env: "DB"}, SemiSync: true,
			Writer: tunnel.Account{User: "jembatan_writer", Password: tunnel.SecretRef{Env: "DB"}},
			Fence:  tunnel.Account{User: "jembatan_fence", Password: tunnel.SecretRef{Env: "DB"}},
		},
		Policy: tunnel.Policy{SiteLoss: tunnel.SiteLossLease, Lease: tunnel.DefaultLease()},
	}
	for i, name := range []string{"main", "backup", "third"}[:n] {
		s.Servers = append(s.Servers, tunnel.Server{Name: name, Address: netip.AddrFrom4([4]byte{192, 168, 50, byte(10 * (i + 1))})})
	}
	return s
}

func TestDatabaseScripts(t *testing.T) {
	for name, d := range map[string]bootstrap.Database{
		"mariadb": {Service: shop(tunnel.MariaDB, 3), Server: 1, Controller: netip.MustParsePrefix("192.0.2.0/24")},
		"third":   {Service: shop(tunnel.MariaDB, 3), Server: 2, Controller: netip.MustParsePrefix("192.0.2.0/24")},
		"mysql":   {Service: shop(tunnel.MySQL, 2), Server: 1, Controller: netip.MustParsePrefix("192.0.2.10/32")},
	} {
		got := d.Setup() + "\n" + d.Removal()
		if strings.Contains(got, "IDENTIFIED BY ''") || strings.Count(got, "QUOTE(@jembatan_") < 3 {
			t.Errorf("%s: accounts without a password", name)
		}
		file := filepath.Join("testdata", name+".sql")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// client runs a script as a person would, with the server's own client.
func client(t *testing.T, s *mariadb.Server, script string) (string, error) {
	t.Helper()
	program, err := exec.LookPath("mariadb")
	if err != nil {
		t.Skip("missing: mariadb (the client)")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "--no-defaults", "--user=root", "--socket="+s.Socket())
	cmd.Stdin = strings.NewReader(script)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	return out.String(), err
}

// TestDatabaseIsPrepared runs the printed script on a server that has the
// printed settings: the actuators accept it, and nothing entered its binary log.
func TestDatabaseIsPrepared(t *testing.T) {
	d := bootstrap.Database{Service: shop(tunnel.MariaDB, 2), Controller: netip.MustParsePrefix("127.0.0.0/8")}
	isPrepared(t, d, mariadb.Test(t, mariadb.Options{Args: options(d.Settings())}).Servers[0], "@@gtid_binlog_pos")
}

// TestDatabaseIsPreparedMySQL leaves out the setting under which nobody prepares a
// server: the script is run before the settings hold.
func TestDatabaseIsPreparedMySQL(t *testing.T) {
	d := bootstrap.Database{Service: shop(tunnel.MySQL, 2), Controller: netip.MustParsePrefix("127.0.0.0/8")}
	args := slices.DeleteFunc(options(d.Settings()), func(s string) bool { return strings.HasPrefix(s, "--super_read_only") })
	isPrepared(t, d, mariadb.TestMySQL(t, mariadb.Options{Args: args}).Servers[0], "@@gtid_executed")
}

func isPrepared(t *testing.T, d bootstrap.Database, server *mariadb.Server, history string) {
	t.Helper()
	script := d.Setup()

	said, err := client(t, server, script)
	if err == nil || !strings.Contains(said, "put_a_password_of_12_characters_in_first") {
		t.Errorf("without passwords: %v, %s", err, said)
	}
	const hard = `a long \\ "pass" ''word''`
	password := strings.NewReplacer(`\\`, `\`, `''`, `'`).Replace(hard)
	filled := strings.ReplaceAll(script, ", '');", ", '"+hard+"');")
	if said, err := client(t, server, filled); err != nil || said != "" {
		t.Fatalf("%v: %s", err, said)
	}
	var log string
	if err := server.Root().QueryRowContext(t.Context(), "SELECT "+history).Scan(&log); err != nil || log != "" {
		t.Errorf("the binary log holds %q, %v", log, err)
	}
	accepted(t, server, d.Service, replication.Secret(password))

	if said, err := client(t, server, d.Removal()); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	var left int
	if err := server.Root().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM mysql.user WHERE User LIKE 'jembatan%'").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d accounts are left, %v", left, err)
	}
}

// options are the settings as arguments of the server.
func options(settings string) []string {
	var out []string
	for line := range strings.Lines(settings) {
		name, value, given := strings.Cut(strings.TrimSpace(line), " = ")
		switch {
		case name == "" || name[0] == '[':
		case given:
			out = append(out, "--"+name+"="+value)
		default:
			out = append(out, "--"+name)
		}
	}
	return out
}

// accepted reads, opens and fences the server with the accounts that were made.
func accepted(t *testing.T, server *mariadb.Server, svc *tunnel.Service, password replication.Secret) {
	t.Helper()
	open := func(user string) replication.Target {
		db, err := replication.Account{Address: server.Address(), User: user, Password: password, Answer: 8 * time.Second}.Open()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return replication.Target{Name: "main", Engine: svc.Replication.Engine, DB: db}
	}
	r := svc.Replication
	if o := replication.Read(t.Context(), open(r.User), replication.ReadOptions{}); o.Failure.Reason != replication.NoReason {
		t.Errorf("check: %+v", o.Failure)
	}
	s := database.Server{
		Name: "main", Engine: svc.Replication.Engine, Admin: open(r.Fence.User).DB, Writer: open(r.Writer.User).DB,
		Keep: []string{r.User, "root"}, Lease: true,
	}
	if _, err := (database.Open{Server: s, Holder: "c", Epoch: 1, Token: 1, TTL: time.Minute, SemiSync: true}).Ensure(t.Context()); err != nil {
		t.Errorf("open: %v", err)
	}
	if _, err := (database.Fence{Server: s, Holder: "c", Epoch: 1, SemiSync: true}).Ensure(t.Context()); err != nil {
		t.Errorf("fence: %v", err)
	}
}
