// Package rsc reads and writes RouterOS export scripts: what /export prints in
// releases 6 and 7, in the compact, verbose, terse and show-sensitive forms.
//
// [Parse] turns a text into items (a menu, a command, its target and its
// properties, each with its line) and keeps what it does not know. Nothing is
// filled in: a property that the text leaves out is absent, which in a compact
// export means the default. [Script.Rows] gives a menu's items as the rows that
// the API would print. [Render] writes items as a script that a person would
// write; parsing that gives the same items again.
//
// It is a reader of exports, not of the script language: variables, loops and
// expressions are reported as problems with their line and skipped. A damaged
// text gives its problems and everything that could be read.
package rsc

// Limits of Parse. What lies beyond them is a problem, never an allocation.
const (
	// MaxBytes is the largest text.
	MaxBytes = 16 << 20
	// MaxItems is the most commands of one text.
	MaxItems = 200_000
	// MaxProperties is the most properties of one command.
	MaxProperties = 512
	// MaxProblems is how many problems are kept; the rest is counted.
	MaxProblems = 50
)
