package routeros

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
)

// A Version is a RouterOS release. The zero value is "unknown", older than
// every release. Channel and Pre are not compared beyond what Compare says.
type Version struct {
	Major, Minor, Patch int
	// Pre is what follows the numbers of a test release: "beta4", "rc2". Empty
	// for a release.
	Pre string
	// Channel is the word in brackets: "stable", "long-term", "testing".
	Channel string
}

// ParseVersion reads the version of /system/resource, "7.16.1 (stable)", or
// the bare "7.16.1", "7.24rc1".
func ParseVersion(s string) (Version, error) {
	number, rest, _ := strings.Cut(strings.TrimSpace(s), " ")
	channel, _, _ := strings.Cut(strings.TrimPrefix(rest, "("), ")")
	v := Version{Channel: channel}
	if i := strings.IndexFunc(number, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }); i >= 0 {
		number, v.Pre = number[:i], number[i:]
	}
	parts := strings.Split(number, ".")
	if len(parts) < 2 || len(parts) > 3 {
		return Version{}, fmt.Errorf("%q is not a RouterOS version (example: 7.16.1)", clip(s))
	}
	for i, p := range []*int{&v.Major, &v.Minor, &v.Patch}[:len(parts)] {
		n, err := strconv.ParseUint(parts[i], 10, 16)
		if err != nil {
			return Version{}, fmt.Errorf("%q is not a RouterOS version (example: 7.16.1)", clip(s))
		}
		*p = int(n)
	}
	return v, nil
}

// Compare orders versions by number; a test release comes before the release
// that it leads to: 7.10beta2, 7.10beta10, 7.10rc1, 7.10.
func (v Version) Compare(w Version) int {
	stage, n := v.stage()
	otherStage, m := w.stage()
	return cmp.Or(
		cmp.Compare(v.Major, w.Major), cmp.Compare(v.Minor, w.Minor), cmp.Compare(v.Patch, w.Patch),
		cmp.Compare(stage, otherStage), cmp.Compare(n, m),
	)
}

// stage splits Pre into its word and its number. A release has a word behind
// all others.
func (v Version) stage() (word string, n int) {
	if v.Pre == "" {
		return "~", 0
	}
	word = strings.TrimRight(v.Pre, "0123456789")
	n, _ = strconv.Atoi(v.Pre[len(word):]) // No number is zero.
	return word, n
}

// AtLeast reports whether v is major.minor or newer, its test releases
// included.
func (v Version) AtLeast(major, minor int) bool {
	return cmp.Or(cmp.Compare(v.Major, major), cmp.Compare(v.Minor, minor)) >= 0
}

// IsZero reports whether the version is unknown.
func (v Version) IsZero() bool { return v == Version{} }

// String returns the version as RouterOS prints it, "7.16.1 (stable)".
func (v Version) String() string {
	if v.IsZero() {
		return "unknown"
	}
	s := fmt.Sprintf("%d.%d", v.Major, v.Minor)
	if v.Patch > 0 {
		s += "." + strconv.Itoa(v.Patch)
	}
	s += v.Pre
	if v.Channel != "" {
		s += " (" + v.Channel + ")"
	}
	return s
}

// A Versioner is a Caller that knows the release of its device.
type Versioner interface {
	Version(ctx context.Context) (Version, error)
}

// lazyVersion is a version that is asked for once. It is a lock that may be
// waited for with a context, and what it guards.
type lazyVersion struct {
	lock chan struct{}
	v    Version
}

// Version returns the release of the device, asking once a session.
func (s *Session) Version(ctx context.Context) (Version, error) {
	select {
	case s.version.lock <- struct{}{}:
	case <-ctx.Done():
		return Version{}, contextError(ctx)
	}
	defer func() { <-s.version.lock }()
	if !s.version.v.IsZero() {
		return s.version.v, nil
	}
	v, err := AskVersion(ctx, s)
	if err != nil {
		return Version{}, err
	}
	s.version.v = v
	return v, nil
}

// AskVersion asks a device for its release.
func AskVersion(ctx context.Context, c Caller) (Version, error) {
	const menu = "/system/resource"
	rows, err := Print(ctx, c, menu, []string{"version"})
	if err != nil {
		return Version{}, err
	}
	if len(rows) != 1 {
		return Version{}, fmt.Errorf("%s: %w: %d rows", menu, ErrProtocol, len(rows))
	}
	text, _ := rows[0].Get("version")
	v, err := ParseVersion(text)
	if err != nil {
		return Version{}, fmt.Errorf("%s: %w", menu, err)
	}
	return v, nil
}
