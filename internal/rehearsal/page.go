//go:build linux

package rehearsal

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// Markers of the part of a page that Write replaces.
const (
	Begin = "<!-- matrix: begin -->"
	End   = "<!-- matrix: end -->"
)

// A Machine is what a measuring run ran on.
type Machine struct {
	Cores  int
	CPU    string
	Kernel string
	Load   string // the averages over 1, 5 and 15 minutes; empty: not known
	At     time.Time
}

// MachineNow looks at this machine.
func MachineNow() Machine {
	m := Machine{Cores: runtime.NumCPU(), At: time.Now().UTC()}
	words := func(file string, n int) string {
		b, err := os.ReadFile(file)
		f := strings.Fields(string(b))
		if err != nil || len(f) < n {
			return "unknown"
		}
		return strings.Join(f[:n], " ")
	}
	m.Kernel, m.Load = words("/proc/sys/kernel/osrelease", 1), words("/proc/loadavg", 3)
	b, err := os.ReadFile("/proc/cpuinfo")
	if _, rest, ok := strings.Cut(string(b), "model name"); err == nil && ok {
		line, _, _ := strings.Cut(rest, "\n")
		m.CPU = strings.TrimSpace(strings.TrimLeft(line, "\t :"))
	}
	return m
}

// String describes the machine in one line.
func (m Machine) String() string {
	s := fmt.Sprintf("%s, %d cores (%s), Linux %s", m.At.Format(time.DateOnly), m.Cores, m.CPU, m.Kernel)
	if m.Load != "" {
		s += ", load average before the run " + m.Load
	}
	return s
}

// Write replaces the part of a page between the markers by a table of rows, with
// the machine and the command that made it.
func Write(file string, rows []Row, m Machine, command string) error {
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok1 := strings.Cut(string(page), Begin)
	_, after, ok2 := strings.Cut(rest, End)
	if !ok1 || !ok2 {
		return fmt.Errorf("%s has no %s … %s", file, Begin, End)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s%s\n\n`%s`, %s.\n\n", before, Begin, command, m)
	if err := Print(&b, rows, Markdown); err != nil {
		return err
	}
	fmt.Fprintf(&b, "\n%s%s", End, after)
	return os.WriteFile(file, []byte(b.String()), 0o644) //nolint:gosec // A page of the project, for all to read.
}
