package cli_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"jembatan/internal/cli"
)

// TestBootstrapDatabases prints what prepares the databases of an example.
func TestBootstrapDatabases(t *testing.T) {
	example := filepath.Join("..", "..", "examples", "two-sites.yaml")
	for _, c := range []struct {
		args        []string
		has, hasNot []string
		code        int
	}{
		{
			nil,
			[]string{"server main (", "server backup (", "server_id = 1", "server_id = 2", "'jembatan_fence''@''%''", "QUOTE(@jembatan_writer_password)"},
			[]string{"swordfish"},
			0,
		},
		{[]string{"--only", "backup", "--controller", "192.0.2.10"}, []string{"server backup (", "''@''192.0.2.10''"}, []string{"server main ("}, 0},
		{[]string{"--remove", "--only", "main"}, []string{"DROP USER IF EXISTS 'jembatan_writer'@'%';"}, []string{"CREATE"}, 0},
		{[]string{"--only", "nobody"}, []string{`has a server "nobody"`}, nil, 1},
	} {
		var out bytes.Buffer
		env := cli.Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Lookup: func(string) (string, bool) { return "swordfish", true }}
		if code := cli.Run(t.Context(), env, append([]string{"bootstrap", "--databases", "-f", example}, c.args...)); code != c.code {
			t.Errorf("%v: exit code %d", c.args, code)
		}
		for _, want := range c.has {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%v: %q is missing in\n%s", c.args, want, out.String())
			}
		}
		for _, not := range c.hasNot {
			if strings.Contains(out.String(), not) {
				t.Errorf("%v: %q is in it", c.args, not)
			}
		}
	}
}
