package app

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"jembatan/routeros/rsc"
	"jembatan/tunnel/audit"
)

// maxFiles is how many files of folders are read.
const maxFiles = 100_000

// exportFiles lists the files that paths name: files as they are, and of
// folders everything below them that is not hidden. What cannot be listed, and
// a folder without files, is unread.
func exportFiles(paths []string) (files []string, unread []audit.Unread) {
	seen := map[string]bool{}
	add := func(file string) {
		if clean := filepath.Clean(file); !seen[clean] {
			seen[clean] = true
			files = append(files, clean)
		}
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			unread = append(unread, audit.Unread{Name: filepath.Base(path), Where: path, Reason: reason(err)})
			continue
		}
		if !info.IsDir() {
			add(path)
			continue
		}
		before := len(files)
		err = filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				unread = append(unread, audit.Unread{Name: filepath.Base(file), Where: file, Reason: reason(err)})
				return nil
			case file != path && strings.HasPrefix(d.Name(), "."):
				if d.IsDir() {
					return filepath.SkipDir
				}
			case d.Type().IsRegular():
				add(file)
			}
			if len(files) >= maxFiles {
				return fmt.Errorf("more than %d files", maxFiles)
			}
			return nil
		})
		switch {
		case err != nil:
			unread = append(unread, audit.Unread{Name: filepath.Base(path), Where: path, Reason: reason(err)})
		case len(files) == before:
			unread = append(unread, audit.Unread{Name: filepath.Base(path), Where: path, Reason: "the folder has no files"})
		}
	}
	return files, unread
}

// reason is an error without the path, which stands beside it.
func reason(err error) string {
	if pe, ok := err.(*fs.PathError); ok { //nolint:errorlint // Functions of os return it bare.
		return pe.Err.Error()
	}
	return firstLine(err)
}

// readLimited reads a whole file that is no larger than limit.
func readLimited(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > limit {
		return nil, tooLarge(info.Size(), limit)
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		return nil, tooLarge(int64(len(data)), limit)
	}
	return data, err
}

func tooLarge(size, limit int64) error {
	return fmt.Errorf("%d MiB, larger than the %d MiB that are read", size>>20, limit>>20)
}

// maxExport is the largest export file in bytes; UTF-16 takes twice the room of
// its text.
const maxExport = 2 * rsc.MaxBytes
