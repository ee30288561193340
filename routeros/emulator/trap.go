package emulator

import (
	"fmt"
	"strings"
)

// NoCategory is the Category of a TrapError that carries none: most "failure:" texts.
const NoCategory = -1

// A TrapError is an error as the device reports it over the API. Category is 0 to 7
// (MikroTik manual, API) or NoCategory.
type TrapError struct {
	Category int
	Message  string
}

func (t *TrapError) Error() string { return t.Message }

// traps are several errors of one command, in the order in which they are sent.
type traps []*TrapError

func (t traps) Error() string {
	texts := make([]string, len(t))
	for i, x := range t {
		texts[i] = x.Message
	}
	return strings.Join(texts, "; ")
}

// Categories of the API that this package sends.
const (
	categoryMissing     = 0
	categoryValue       = 1
	categoryInterrupted = 2
	categoryGeneral     = 4
	categoryAPI         = 5
)

func trapf(category int, format string, args ...any) *TrapError {
	return &TrapError{Category: category, Message: fmt.Sprintf(format, args...)}
}

// failure is a refusal by the menu itself; it carries no category.
func failure(format string, args ...any) *TrapError {
	return &TrapError{Category: NoCategory, Message: "failure: " + fmt.Sprintf(format, args...)}
}

func noSuchItem() *TrapError { return trapf(categoryMissing, "no such item") }

func noPermission() *TrapError { return trapf(NoCategory, "not enough permissions (9)") }

func interrupted() *TrapError { return trapf(categoryInterrupted, "interrupted") }

func unknownParameter(name string) *TrapError {
	return trapf(NoCategory, "unknown parameter %s", name)
}

func missingValues(names []string) *TrapError {
	return trapf(NoCategory, "missing value(s) of argument(s) %s", strings.Join(names, " "))
}

// noMatch refuses a word that is not in an enumeration, or a name or id that
// nothing carries. What is the argument's name.
func noMatch(what string) *TrapError {
	return trapf(categoryValue, "input does not match any value of %s", what)
}

func invalidValue(name string) *TrapError {
	return trapf(NoCategory, "invalid value for argument %s", name)
}

func outOfRange(name, low, high string) *TrapError {
	return trapf(NoCategory, "value of %s out of range (%s..%s)", name, low, high)
}

// notEmulated refuses by name what a router can do and this package cannot. It
// is the package's own text: no router sends it.
func notEmulated(what string) *TrapError {
	return trapf(categoryGeneral, "emulator: %s is not emulated", what)
}

// unknownPath refuses a path of which part is unknown. RouterOS 6 sends two
// traps, of which the first names the cause.
func unknownPath(v Version, part string) error {
	first := trapf(categoryMissing, "no such command or directory (%s)", part)
	if v.major < 7 {
		return traps{first, trapf(NoCategory, "no such command prefix")}
	}
	return first
}

// unknownCommand refuses a command that an existing menu lacks.
func unknownCommand(v Version, command string) error {
	if v.major < 7 {
		return trapf(categoryMissing, "no such command or directory (%s)", command)
	}
	return trapf(categoryMissing, "no such command")
}
