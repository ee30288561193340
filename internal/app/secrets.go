package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"jembatan/routeros"
	"jembatan/tunnel"
)

// maxSecret is the largest secret file in bytes.
const maxSecret = 4 << 10

// A Lookup finds an environment variable, as os.LookupEnv does.
type Lookup func(name string) (string, bool)

// Secret reads a secret where ref says: an environment variable, or the first
// line of a file. A secret that is not there or is empty is an error that names
// the place; the value is never part of an error.
func Secret(env Lookup, ref tunnel.SecretRef) (routeros.Secret, error) {
	switch {
	case ref.Env != "":
		value, ok := env(ref.Env)
		if !ok {
			return "", fmt.Errorf("environment variable %s is not set", ref.Env)
		}
		if value == "" {
			return "", fmt.Errorf("environment variable %s is empty", ref.Env)
		}
		return routeros.Secret(value), nil
	case ref.File != "":
		return secretFile(ref.File)
	}
	return "", errors.New("no secret is named")
}

func secretFile(path string) (routeros.Secret, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("secret file: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", fmt.Errorf("secret file: %w", err)
	}
	if len(data) > maxSecret {
		return "", fmt.Errorf("secret file %s: larger than %d bytes", path, maxSecret)
	}
	line, _, _ := strings.Cut(string(data), "\n")
	line = strings.TrimSuffix(line, "\r")
	if line == "" {
		return "", fmt.Errorf("secret file %s: its first line is empty", path)
	}
	return routeros.Secret(line), nil
}
