package mariadb

import (
	"os"
	"testing"
)

// Environment variables of the tests that need a real server.
const (
	// RequireEnv set to 1 makes a missing MariaDB a failure and not a skip.
	RequireEnv = "JEMBATAN_MARIADB"
	// MySQLEnv is the root that .ci/mysql-root made.
	MySQLEnv = "JEMBATAN_MYSQL_ROOT"
)

// Test starts a cluster for one test and closes it at the end of it. Without
// MariaDB the test is skipped, or fails where it is required.
func Test(t testing.TB, o Options) *Cluster {
	t.Helper()
	if testing.Short() {
		t.Skip("missing: time (-short)")
	}
	if err := Available(); err != nil && o.MySQLRoot == "" {
		if os.Getenv(RequireEnv) == "1" {
			t.Fatalf("%s=1 and %v", RequireEnv, err)
		}
		t.Skipf("missing: %v", err)
	}
	c, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			for _, s := range c.Servers {
				t.Logf("server %d, end of its log:\n%s", s.ID, s.Log())
			}
		}
		c.Close()
	})
	return c
}

// TestMySQL is Test for MySQL; without a root that has one it is skipped.
func TestMySQL(t testing.TB, o Options) *Cluster {
	t.Helper()
	o.MySQLRoot = MySQLRoot(t)
	return Test(t, o)
}

// MySQLRoot returns the root directory that has MySQL; without one, or where nobody
// may change into it, the test is skipped. CI has none.
func MySQLRoot(t testing.TB) string {
	t.Helper()
	root := os.Getenv(MySQLEnv)
	if root == "" {
		t.Skipf("missing: a real MySQL (%s; .ci/mysql-root makes one)", MySQLEnv)
	}
	if os.Geteuid() != 0 {
		t.Skip("missing: root, to chroot into " + root)
	}
	return root
}
