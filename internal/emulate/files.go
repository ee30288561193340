package emulate

import "golang.org/x/sys/unix"

// filesEach is how many files a router needs: two listeners, and room for the
// connections of one client.
const filesEach = 4

// roomForFiles raises this process's limit of open files so that n routers fit,
// as far as the system lets it, and reports whether they do.
func roomForFiles(n int) bool {
	var have unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &have) != nil {
		return true // Then opening them will tell.
	}
	want := uint64(n*filesEach + 1024)
	if have.Cur >= want {
		return true
	}
	raised := unix.Rlimit{Cur: want, Max: max(want, have.Max)}
	if unix.Setrlimit(unix.RLIMIT_NOFILE, &raised) == nil {
		return true
	}
	raised = unix.Rlimit{Cur: have.Max, Max: have.Max} // Without privilege the hard limit stands.
	_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &raised)    // It was tried; the answer is the same.
	return false
}
