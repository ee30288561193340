package database

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Fragment is the role as an option file of the server, with who was asked as
// comments.
func (r BootRole) Fragment(answers []PeerAnswer) string {
	var b strings.Builder
	b.WriteString("# Made by jembatan boot-role for one start of the server. Never keep it.\n")
	for _, a := range answers {
		fmt.Fprintf(&b, "# %s: %s\n", strings.Join(strings.Fields(a.Peer), " "), a.State)
	}
	fmt.Fprintf(&b, "[mariadb]\ninit_rpl_role=%s\n", r)
	return b.String()
}

// RemoveBootRole removes the file of an earlier start, so that whatever happens
// until the new one is written the server starts as MASTER. No file is no error.
func RemoveBootRole(file string) error {
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the role of an earlier start: %w", err)
	}
	return nil
}

// WriteBootRole writes a fragment: after it the file is whole or not there. It is
// readable by everyone, since it holds no secret, and writable by its owner only,
// since the server passes over files that others may write.
func WriteBootRole(file, fragment string) error {
	fail := func(err error) error { return fmt.Errorf("write the role: %w", err) }
	f, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+"-*")
	if err != nil {
		return fail(err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // It has another name when all went well.
	_, err = f.WriteString(fragment)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return fail(err)
	}
	if err := os.Rename(f.Name(), file); err != nil {
		return fail(err)
	}
	return nil
}
