package mariadb

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// template returns an empty data directory of this version, to be copied. It is
// made once for a user and a version, and kept in the cache directory.
func (e engine) template(ctx context.Context) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	if e.chroot != "" {
		cache = filepath.Join(e.chroot, "var/cache")
	}
	version, err := e.version(ctx)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "jembatan", "data-"+version)
	if _, err := os.Stat(filepath.Join(dir, "mysql")); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return "", err
	}
	fresh, err := os.MkdirTemp(filepath.Dir(dir), "new-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(fresh)
	if err := e.create(ctx, filepath.Join(fresh, "data"), filepath.Join(fresh, "log")); err != nil {
		return "", fmt.Errorf("make a data directory: %w", err)
	}
	if err := os.Rename(filepath.Join(fresh, "data"), dir); err != nil && !isDir(dir) {
		return "", err
	}
	return dir, nil // another process may have been first: the same content
}

// version is the daemon's version, as part of a file name.
func (e engine) version(ctx context.Context) (string, error) {
	argv := []string{e.daemon, "--version"}
	if e.chroot != "" {
		argv = append([]string{"chroot", e.chroot}, argv...)
	}
	out, err := exec.CommandContext(ctx, argv[0], argv[1:]...).Output()
	if err != nil {
		return "", fmt.Errorf("%s --version: %w", e.daemon, err)
	}
	word := regexp.MustCompile(`Ver (\S+)`).FindStringSubmatch(string(out))
	if word == nil {
		return "", fmt.Errorf("%s --version: %q", e.daemon, strings.TrimSpace(string(out)))
	}
	return filepath.Base(e.daemon) + "-" + strings.ReplaceAll(word[1], "/", "-"), nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
