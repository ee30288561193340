package emulator

import (
	"fmt"
	"strconv"
	"strings"
)

// A Version is a RouterOS release. The zero value is no release.
type Version struct{ major, minor, patch int }

// Versions returns the releases whose argument tables were checked one by one,
// oldest first. Any other release from 6.49 to 7.24 is served by the same
// tables, whose entries carry the release that brought or dropped them.
func Versions() []Version {
	return []Version{{6, 49, 10}, {7, 10, 2}, {7, 16, 1}, {7, 18, 2}, {7, 20, 8}, {7, 22, 3}, {7, 24, 0}}
}

// ParseVersion parses "7.16.1" or "7.24". It refuses releases before 6.49 and
// after 7.24.x, of which the package knows nothing.
func ParseVersion(s string) (Version, error) {
	parts := strings.Split(s, ".")
	if len(parts) < 2 || len(parts) > 3 {
		return Version{}, fmt.Errorf("RouterOS version %q: want major.minor or major.minor.patch", s)
	}
	var n [3]int
	for i, p := range parts {
		v, err := strconv.ParseUint(p, 10, 8)
		if err != nil {
			return Version{}, fmt.Errorf("RouterOS version %q: %q is not a number", s, p)
		}
		n[i] = int(v)
	}
	v := Version{n[0], n[1], n[2]}
	if v.release() < 649 || v.release() > 724 || v.major == 6 && v.minor > 49 {
		return Version{}, fmt.Errorf("RouterOS version %q: only 6.49 to 7.24 are known", s)
	}
	return v, nil
}

// String returns the release as RouterOS writes it: no ".0".
func (v Version) String() string {
	if v.patch == 0 {
		return fmt.Sprintf("%d.%d", v.major, v.minor)
	}
	return fmt.Sprintf("%d.%d.%d", v.major, v.minor, v.patch)
}

// AtLeast reports whether v is major.minor or later.
func (v Version) AtLeast(major, minor int) bool {
	return v.major > major || v.major == major && v.minor >= minor
}

// release returns major and minor as the tables write them: 716 for 7.16.x.
func (v Version) release() int { return v.major*100 + v.minor }

// in reports whether v lies in [since, until), both in the form of release;
// zero is no bound.
func (v Version) in(since, until int) bool {
	r := v.release()
	return r >= since && (until == 0 || r < until)
}
