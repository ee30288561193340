//go:build linux

package lab

import (
	"strings"
	"testing"

	"jembatan/examples"
)

// TestRoleAtBoot takes the power of a server and gives it back, with the other one
// closed and then open.
func TestRoleAtBoot(t *testing.T) {
	needRoot(t)
	need(t, "mariadbd")
	l := start(t, Options{Source: examples.TwoSites(), Databases: 2, Open: OpenNone, SemiSync: true})
	applyAll(t, controller(t, l, examples.TwoSites()))
	for _, c := range []struct{ open, want string }{{"ON", "MASTER"}, {"OFF", "SLAVE"}} {
		ask(t, l, "backup", "SET GLOBAL read_only="+c.open)
		_, err := l.Fault(t.Context(), "power-off", "main")
		must(t, err)
		_, err = l.Fault(t.Context(), "clear")
		must(t, err)
		until(t, "it answers again", func() bool { return ask(t, l, "main", "SELECT @@read_only") == "1" })
		_, out := run(t, l, "main", "sh", "-c", "tr '\\0' '\\n' </proc/$(cat /run/lab/main/mysqld.pid)/cmdline | grep init-rpl-role")
		if got := strings.TrimSpace(out); got != "--init-rpl-role="+c.want {
			t.Errorf("with the other one's read_only=%s it was started with %q, want %s", c.open, got, c.want)
		}
	}
}
