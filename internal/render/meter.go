package render

import (
	"fmt"
	"io"

	"jembatan/tunnel/apply"
)

// A Meter shows the progress of an apply: on a terminal one line that is
// rewritten, elsewhere nothing but failures.
type Meter struct {
	w    io.Writer
	live bool
}

// NewMeter returns a Meter that writes to w.
func NewMeter(w io.Writer, env func(string) (string, bool)) *Meter {
	dumb, _ := env("TERM")
	return &Meter{w: w, live: IsTerminal(w) && dumb != "dumb"}
}

// eraseLine goes to the start of the line and erases it (ECMA-48).
const eraseLine = "\r\x1b[K"

// Apply shows one event. It is not safe for concurrent use; apply.Run calls it
// from one goroutine at a time.
func (m *Meter) Apply(e apply.Event) {
	if !m.live {
		return
	}
	fmt.Fprintf(m.w, "%s[%d/%d] %s: %s", eraseLine, e.Done, e.Total, e.Unit, e.State)
}

// Count shows how many of a known number of things are done.
func (m *Meter) Count(done, total int, what string) {
	if m.live {
		fmt.Fprintf(m.w, "%s[%d/%d] %s", eraseLine, done, total, what)
	}
}

// Close clears the line.
func (m *Meter) Close() {
	if m.live {
		fmt.Fprint(m.w, eraseLine)
	}
}
