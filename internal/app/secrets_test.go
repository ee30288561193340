package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jembatan/internal/app"
	"jembatan/tunnel"
)

func TestSecret(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) tunnel.SecretRef {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return tunnel.SecretRef{File: file}
	}
	env := func(name string) (string, bool) {
		v, ok := map[string]string{"SET": "tiger", "EMPTY": ""}[name]
		return v, ok
	}
	for name, c := range map[string]struct {
		ref       tunnel.SecretRef
		want, err string
	}{
		"environment":       {tunnel.SecretRef{Env: "SET"}, "tiger", ""},
		"unset":             {tunnel.SecretRef{Env: "NONE"}, "", "environment variable NONE is not set"},
		"set to nothing":    {tunnel.SecretRef{Env: "EMPTY"}, "", "environment variable EMPTY is empty"},
		"file":              {write("a", "tiger\n"), "tiger", ""},
		"file from Windows": {write("b", "tiger\r\nsecond line"), "tiger", ""},
		"empty file":        {write("c", "\ntiger"), "", "its first line is empty"},
		"large file":        {write("d", strings.Repeat("tiger", 1000)), "", "larger than 4096 bytes"},
		"no file":           {tunnel.SecretRef{File: filepath.Join(dir, "none")}, "", "no such file"},
		"nothing named":     {tunnel.SecretRef{}, "", "no secret is named"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := app.Secret(env, c.ref)
			if string(got) != c.want {
				t.Error("another secret")
			}
			switch {
			case c.err == "" && err != nil, c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
				t.Errorf("error %v, want %q", err, c.err)
			case err != nil && strings.Contains(err.Error(), "tiger"):
				t.Errorf("the error has the secret: %v", err)
			}
		})
	}
}
