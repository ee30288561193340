package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"jembatan/examples"
	"jembatan/internal/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"jembatan": main})
}

// TestScripts runs testdata/*.txtar: command lines of the whole binary against
// emulated routers on real sockets.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("JEMBATAN_PASSWORD", "swordfish")
			e.Setenv("XDG_STATE_HOME", filepath.Join(e.WorkDir, "state"))
			e.Setenv("JEMBATAN_DB_PASSWORD", "swordfish")
			return os.WriteFile(filepath.Join(e.WorkDir, "two-sites.yaml"), examples.TwoSites(), 0o600)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"await":      await,
			"code":       code,
			"fill":       fill,
			"gateway":    gateway,
			"mailserver": mailserver,
			"rosadd":     rosAdd,
			"rosdel":     rosDel,
			"rosedit":    rosEdit,
		},
	})
}

// await FILE REGEXP waits until a file that a program in the background writes
// has a line that matches.
func await(ts *testscript.TestScript, _ bool, args []string) {
	re := regexp.MustCompile(args[1])
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		data, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil && re.Match(data) {
			return
		}
		time.Sleep(20 * time.Millisecond) // Another process writes the file; there is nothing to wait on.
	}
	ts.Fatalf("%s: no line matches %s", args[0], args[1])
}

// code N COMMAND... runs a command line and expects its exit code.
func code(ts *testscript.TestScript, _ bool, args []string) {
	var out, errs buffer
	env := cli.Env{
		Stdin: os.Stdin, Stdout: &out, Stderr: &errs,
		Lookup: func(name string) (string, bool) { v := ts.Getenv(name); return v, v != "" },
	}
	line := make([]string, 0, len(args))
	for _, a := range args[2:] {
		if ext := filepath.Ext(a); ext == ".yaml" || ext == ".json" {
			a = ts.MkAbs(a)
		}
		line = append(line, a)
	}
	got := cli.Run(context.Background(), env, line)
	ts.Logf("[stdout]\n%s[stderr]\n%s", out.String(), errs.String())
	if want := args[0]; want != string(rune('0'+got)) {
		ts.Fatalf("exit code %d, want %s", got, want)
	}
	ts.Check(os.WriteFile(ts.MkAbs("out"), out.Bytes(), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("err"), errs.Bytes(), 0o600))
}
