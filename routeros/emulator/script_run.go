package emulator

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A value of the script language: text, or a list of ids as find returns it.
type scriptValue struct {
	text string
	list []string
	many bool // it is a list
}

// String returns the value as an argument: lists are joined as RouterOS does
// for ids.
func (v scriptValue) String() string {
	if v.many {
		return strings.Join(v.list, ";")
	}
	return v.text
}

// A scriptRun is one script being carried out. The world's lock is held all
// the time: nothing else happens to the device meanwhile.
type scriptRun struct {
	d     *Device
	who   caller
	out   strings.Builder
	menu  string // the current one, for texts that change it
	vars  []map[string]scriptValue
	steps int
}

// maxScriptSteps bounds a script.
const maxScriptSteps = 100_000

// maxScriptOutput bounds what a script prints.
const maxScriptOutput = 64 << 10

// runText carries out a script with somebody's policies and returns what it
// printed. A script stops at its first error and keeps what it did.
func (d *Device) runText(who caller, source string) (output string, err error) {
	body, err := parseScript(source)
	if err != nil {
		return "", err
	}
	r := &scriptRun{d: d, who: who}
	err = r.block(body)
	return r.out.String(), err
}

// block carries statements out with variables of its own.
func (r *scriptRun) block(body []statement) error {
	r.vars = append(r.vars, map[string]scriptValue{})
	defer func() { r.vars = r.vars[:len(r.vars)-1] }()
	for _, s := range body {
		if _, err := r.statement(s); err != nil {
			return err
		}
	}
	return nil
}

// statement carries one command out and returns its value.
func (r *scriptRun) statement(s statement) (scriptValue, error) {
	if r.steps++; r.steps > maxScriptSteps {
		return scriptValue{}, failure("script is too long")
	}
	first := s.words[0]
	if first.op != "" || first.value.kind != termText || !first.value.bare {
		return scriptValue{}, notEmulated("a statement that does not begin with a command")
	}
	var v scriptValue
	var err error
	if name := first.value.text; strings.HasPrefix(name, ":") {
		v, err = r.global(name, s.words[1:])
	} else {
		v, err = r.command(s)
	}
	if t, ok := errors.AsType[*TrapError](err); ok && !strings.Contains(t.Message, "; line ") && !strings.HasPrefix(t.Message, "emulator:") {
		err = &TrapError{Category: t.Category, Message: fmt.Sprintf("%s (%s; line %d)", t.Message, r.spelled(s), s.line)}
	}
	return v, err
}

// spelled is a statement's command for error messages: "/interface/bridge/add".
func (r *scriptRun) spelled(s statement) string {
	menu, command, _, err := r.path(s.words)
	if err != nil || strings.HasPrefix(s.words[0].value.text, ":") {
		return s.words[0].value.text
	}
	return "/" + strings.Trim(menu+"/"+command, "/")
}

// global carries out a command of the language itself.
func (r *scriptRun) global(name string, words []scriptWord) (scriptValue, error) {
	switch name {
	case ":put", ":log", ":error":
		return r.say(name, words)
	case ":do":
		return scriptValue{}, r.do(words)
	case ":if":
		return scriptValue{}, r.choose(words)
	case ":local", ":set":
		return scriptValue{}, r.assign(name, words)
	case ":len":
		if len(words) != 1 {
			return scriptValue{}, missingValues([]string{"value"})
		}
		v, err := r.eval(words[0].value)
		n := len(v.text)
		if v.many {
			n = len(v.list)
		}
		return scriptValue{text: strconv.Itoa(n)}, err
	case ":nothing":
		return scriptValue{}, nil
	}
	return scriptValue{}, notEmulated(name)
}

// say is :put, :log and :error.
func (r *scriptRun) say(name string, words []scriptWord) (scriptValue, error) {
	if len(words) == 0 {
		return scriptValue{}, missingValues([]string{"message"})
	}
	v, err := r.eval(words[len(words)-1].value)
	if err != nil {
		return v, err
	}
	switch name {
	case ":put":
		if r.out.Len()+len(v.String()) < maxScriptOutput {
			r.out.WriteString(v.String() + "\n")
		}
	case ":log":
		topic := "info"
		if len(words) > 1 {
			topic = words[0].value.text
		}
		r.d.log("script,"+topic, v.String())
	case ":error":
		return v, trapf(NoCategory, "%s", v.String())
	}
	return v, nil
}

// do is ":do {…} on-error={…}"; what the emulator does not know is no error of
// the script and is not caught.
func (r *scriptRun) do(words []scriptWord) error {
	if len(words) == 0 || words[0].value.kind != termBlock {
		return notEmulated(":do without a block")
	}
	var rescue *term
	for i := range words[1:] {
		w := &words[i+1]
		if w.name != "on-error" || w.value.kind != termBlock {
			return notEmulated(":do " + w.name)
		}
		rescue = &w.value
	}
	menu := r.menu
	err := r.block(words[0].value.body)
	r.menu = menu
	if err == nil || rescue == nil || strings.HasPrefix(err.Error(), "emulator:") {
		return err
	}
	return r.block(rescue.body)
}

// choose is ":if (…) do={…} else={…}".
func (r *scriptRun) choose(words []scriptWord) error {
	if len(words) == 0 {
		return missingValues([]string{"condition"})
	}
	v, err := r.eval(words[0].value)
	if err != nil {
		return err
	}
	for i := range words[1:] {
		w := &words[i+1]
		switch {
		case w.value.kind != termBlock || w.name != "do" && w.name != "else":
			return notEmulated(":if " + w.name)
		case (w.name == "do") == (v.text == "true"):
			return r.block(w.value.body)
		}
	}
	return nil
}

// assign is :local, which makes a variable, and :set, which changes one.
func (r *scriptRun) assign(name string, words []scriptWord) error {
	if len(words) == 0 || words[0].op != "" {
		return missingValues([]string{"name"})
	}
	var v scriptValue
	if len(words) > 1 {
		var err error
		if v, err = r.eval(words[1].value); err != nil {
			return err
		}
	}
	at := len(r.vars) - 1
	if name == ":set" {
		for at >= 0 {
			if _, ok := r.vars[at][words[0].value.text]; ok {
				break
			}
			at--
		}
		if at < 0 {
			return notEmulated(":set of a variable that is not local")
		}
	}
	r.vars[at][words[0].value.text] = v
	return nil
}

// eval returns what a term stands for.
func (r *scriptRun) eval(n term) (scriptValue, error) {
	switch n.kind {
	case termText:
		if n.parts == nil {
			return scriptValue{text: n.text}, nil
		}
		var b strings.Builder
		for _, part := range n.parts {
			v, err := r.eval(part)
			if err != nil {
				return v, err
			}
			b.WriteString(v.String())
		}
		return scriptValue{text: b.String()}, nil
	case termVariable:
		for _, vars := range slices.Backward(r.vars) {
			if v, ok := vars[n.text]; ok {
				return v, nil
			}
		}
		return scriptValue{}, nil
	case termCommand:
		if len(n.body) != 1 {
			return scriptValue{}, notEmulated("brackets with several commands")
		}
		outer := r.menu
		v, err := r.statement(n.body[0])
		r.menu = outer
		return v, err
	case termCompare:
		return r.compare(n)
	case termBlock, termUnknown:
	}
	return scriptValue{}, notEmulated("a block as a value")
}

// compare evaluates "(left op right)": numbers by size, all else as text.
func (r *scriptRun) compare(n term) (scriptValue, error) {
	left, err := r.eval(n.parts[0])
	if err != nil {
		return left, err
	}
	right, err := r.eval(n.parts[1])
	if err != nil {
		return right, err
	}
	by := compare(left.String(), right.String())
	result := false
	switch n.text {
	case "=":
		result = by == 0
	case "!=":
		result = by != 0
	case "<":
		result = by < 0
	case ">":
		result = by > 0
	}
	return scriptValue{text: boolText(result)}, nil
}
