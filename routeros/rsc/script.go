package rsc

import (
	"fmt"
	"strings"
)

// A Script is one parsed export.
type Script struct {
	Header Header
	Items  []Item // in the order of the text
	// Problems are what could not be read. A script with problems may still
	// have items.
	Problems []Problem
	// More counts the problems beyond MaxProblems.
	More int
	// Lines is the number of lines of the text.
	Lines int
	// Verbose says that the text lists defaults too, as /export verbose does.
	Verbose bool
	// Sensitive says that the text shows at least one secret. Release 6 shows
	// them unless told otherwise, release 7 hides them unless told otherwise.
	Sensitive bool

	// Code is the line of the first value that is not plain text but would be
	// evaluated: a variable, something in brackets or a block. It was kept as the
	// text that it is. 0: all values are plain, as those of every export are.
	Code int

	entered []string        // see Entered
	been    map[string]bool // the same
	scope   []string        // what the menus of all items have in common
	any     bool            // there was an item
	last    string          // menu of the last one
}

// A Header is what the comment lines at the top say. All fields may be empty.
type Header struct {
	Time     string // as printed: "2026-02-02 21:49:52" or "feb/28/2021 12:11:27"
	Version  string // "7.20.4"
	Software string // software id
	System   string // system id, of a CHR
	Model    string
	Serial   string
}

// An Item is one command of an export.
type Item struct {
	Line, Last int    // first and last line, counted from 1
	Menu       string // as the API spells it: "/interface/eoip"; "/" for the root
	Verb       string // add, set, or any other command, kept as it stands
	// Find are the conditions of "set [ find default-name=ether1 ]".
	Find []Property
	// Target is an item named by itself: "0", "*FFFFFFFE", "telnet"; empty for
	// add and for menus without rows.
	Target string
	// ByFind says that the target is a find, perhaps without conditions.
	ByFind     bool
	Properties []Property
	// Notes are the comment lines right above, without "#", as in "inactive
	// time" or "interface not running".
	Notes []string
}

// A Property is "name=value", or "!name" for one that is switched off.
type Property struct {
	Name  string
	Value string
	None  bool // "!name": Value is empty
}

// A Problem is a place that could not be read.
type Problem struct {
	Line int
	Msg  string
}

// String returns "line 12: message".
func (p Problem) String() string { return fmt.Sprintf("line %d: %s", p.Line, p.Msg) }

// Get returns the value of the property name. Ok is false when it is not there
// or switched off.
func (it *Item) Get(name string) (value string, ok bool) {
	for i := range it.Properties {
		if it.Properties[i].Name == name {
			return it.Properties[i].Value, !it.Properties[i].None
		}
	}
	return "", false
}

// Menus returns the menus that have items, each once, in their order.
func (s *Script) Menus() []string {
	var out []string
	seen := map[string]bool{}
	for i := range s.Items {
		if m := s.Items[i].Menu; !seen[m] {
			seen[m] = true
			out = append(out, m)
		}
	}
	return out
}

// Entered returns the menus that the text goes to, each once, in their order:
// those of Menus and those in which it has no command. A command that is not
// known to this package looks like such a menu: "/system reboot".
func (s *Script) Entered() []string { return s.entered }

// enter notes that the text is in a menu.
func (s *Script) enter(menu string) {
	if s.been[menu] {
		return
	}
	if s.been == nil {
		s.been = map[string]bool{}
	}
	s.been[menu] = true
	s.entered = append(s.entered, menu)
}

// Scope returns the menu below which the export was taken: "/" for that of a
// whole router, "/interface/eoip" when it holds nothing else. Menus outside of
// it are not known to be empty. A script without items has the scope "".
func (s *Script) Scope() string {
	if !s.any {
		return ""
	}
	return "/" + strings.Join(s.scope, "/")
}

// note enters the menu of an item into the scope.
func (s *Script) note(menu string) {
	if s.any && menu == s.last {
		return
	}
	s.last = menu
	parts := strings.Split(strings.Trim(menu, "/"), "/")
	if !s.any {
		s.any, s.scope = true, parts
		return
	}
	n := 0
	for n < len(s.scope) && n < len(parts) && s.scope[n] == parts[n] {
		n++
	}
	s.scope = s.scope[:n]
}
