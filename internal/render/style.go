// Package render turns values into text for terminals: colour, tables and
// progress. Colour and progress are off in a pipe and with NO_COLOR.
package render

import (
	"io"
	"os"

	"golang.org/x/term"

	"jembatan/tunnel/plan"
)

// IsTerminal reports whether w is a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Colour reports whether text for w may be coloured: w is a terminal and
// NO_COLOR is not set (https://no-color.org).
func Colour(w io.Writer, env func(string) (string, bool)) bool {
	if v, ok := env("NO_COLOR"); ok && v != "" {
		return false
	}
	return IsTerminal(w)
}

// SGR parameters of the colours (ECMA-48).
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	dim    = "2"
)

func painter(on bool, code string) func(string) string {
	if !on {
		return nil
	}
	return func(s string) string { return "\x1b[" + code + "m" + s + "\x1b[0m" }
}

// PlanStyle returns the colours of a plan.
func PlanStyle(colour bool) plan.Style {
	return plan.Style{
		Add: painter(colour, green), Set: painter(colour, yellow), Remove: painter(colour, red),
		Warn: painter(colour, yellow), Dim: painter(colour, dim),
	}
}
