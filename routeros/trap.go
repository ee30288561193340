package routeros

import (
	"strconv"
	"strings"
)

// A Category is the class that RouterOS gives to a failed command. Many traps
// carry none. Source: MikroTik manual, "API", error category.
type Category int

// The categories, one above their numbers on the wire.
const (
	CategoryUnknown     Category = iota // none was sent
	CategoryMissing                     // missing item or command
	CategoryArgument                    // bad argument value
	CategoryInterrupted                 // execution interrupted
	CategoryScript                      // scripting failure
	CategoryGeneral                     // general failure
	CategoryAPI                         // API failure
	CategoryTTY                         // TTY failure
	CategoryReturn                      // value produced by :return
)

// String returns a word for c.
func (c Category) String() string {
	names := [...]string{"unknown", "missing", "argument", "interrupted", "script", "general", "api", "tty", "return"}
	if c < 0 || int(c) >= len(names) {
		return "category(" + strconv.Itoa(int(c)) + ")"
	}
	return names[c]
}

// parseCategory reads the number on the wire. Anything else is unknown.
func parseCategory(s string) Category {
	if len(s) != 1 || s[0] < '0' || s[0] > '7' {
		return CategoryUnknown
	}
	return Category(s[0]-'0') + CategoryMissing
}

// A Trap is one complaint of the device about a command.
type Trap struct {
	Category Category
	Message  string
}

// maxTraps is how many traps of one command are kept. RouterOS sends two.
const maxTraps = 16

// A TrapError is a refusal by the device: the command arrived and was not done,
// or, for a command that names several ids, not wholly done.
type TrapError struct {
	Path     string   // the command
	Category Category // of the first trap
	Message  string   // of the first trap, which names the cause
	All      []Trap   // every trap, the first one included
}

// Error implements error. It shows the first message.
func (e *TrapError) Error() string { return e.Path + ": " + e.Message }

// Is matches the sentinels of this package against the traps, the first one
// that has a meaning deciding.
func (e *TrapError) Is(target error) bool {
	for _, t := range e.All {
		if meaning := t.meaning(); meaning != nil {
			return meaning == target
		}
	}
	meaning := Trap{Category: e.Category, Message: e.Message}.meaning()
	return meaning != nil && meaning == target
}

// meaning returns the sentinel that the message stands for, or nil.
func (t Trap) meaning() error {
	msg := strings.TrimPrefix(strings.ToLower(t.Message), "failure: ")
	for _, k := range []struct {
		prefix string
		is     error
	}{
		{"no such item", ErrNotFound},
		{"no such command", ErrNoCommand},
		{"unknown parameter", ErrNoCommand},
		{"bad parameter", ErrNoCommand},
		{"already have", ErrExists},
		{"device already added as bridge port", ErrExists},
		{"not enough permissions", ErrPermission},
		{"not allowed by device-mode", ErrPermission},
		{"invalid user name or password", ErrLogin},
		{"cannot log in", ErrLogin},
		{"could not authenticate", ErrLogin},
		{"interrupted", ErrInterrupted},
	} {
		if strings.HasPrefix(msg, k.prefix) {
			return k.is
		}
	}
	// "item with such name already exists", "ether1 already in bond1": the
	// subject comes first.
	if strings.HasSuffix(msg, " already exists") || strings.Contains(msg, " already in ") {
		return ErrExists
	}
	if t.Category == CategoryInterrupted {
		return ErrInterrupted
	}
	return nil
}
