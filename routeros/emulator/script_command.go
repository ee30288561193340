package emulator

import (
	"regexp"
	"strings"
)

// path splits the words of a command into menu, command and arguments. A path
// may be written with slashes or spaces; without a leading slash it goes on
// from the current menu.
func (r *scriptRun) path(words []scriptWord) (menu, command string, args []scriptWord, err error) {
	at := r.menu
	if strings.HasPrefix(words[0].value.text, "/") {
		at = ""
	}
	for i, w := range words {
		if w.op != "" || w.value.kind != termText || !w.value.bare {
			return at, "", words[i:], nil
		}
		for part := range strings.SplitSeq(strings.Trim(w.value.text, "/"), "/") {
			if command != "" {
				return "", "", nil, unknownPath(r.d.version, part)
			}
			if next := strings.Trim(at+"/"+part, "/"); r.d.schema.dirs[next] {
				at = next
				continue
			}
			command = part
		}
		if command != "" {
			return at, command, words[i+1:], nil
		}
	}
	return at, "", nil, nil
}

// command carries out a command of a menu, or enters the menu.
func (r *scriptRun) command(s statement) (scriptValue, error) {
	menu, command, args, err := r.path(s.words)
	switch {
	case err != nil:
		return scriptValue{}, err
	case command == "" && len(args) > 0:
		return scriptValue{}, trapf(NoCategory, "expected command name")
	case command == "":
		r.menu = menu
		return scriptValue{}, nil
	}
	m := r.d.schema.menus[menu]
	if m == nil {
		return scriptValue{}, r.d.unknown(menu, command)
	}
	if command == "find" && !m.bare {
		return r.find(m, args)
	}
	c := &call{d: r.d, req: request{path: menu, command: command}, who: r.who, isDo: true}
	outer := r.menu
	r.menu = menu // A find in the arguments is one of this menu.
	skip, err := r.arguments(c, m, args)
	r.menu = outer
	if err != nil || skip {
		return scriptValue{}, err
	}
	if err := r.d.carryOut(c); err != nil {
		return scriptValue{}, err
	}
	if c.job != nil || len(c.rows) > 0 || c.empty {
		return scriptValue{}, notEmulated("/" + menu + "/" + command + " in a script")
	}
	return scriptValue{text: c.ret}, nil
}

// arguments fills in a command's arguments. A list of nothing means that there
// is nothing to do.
func (r *scriptRun) arguments(c *call, m *menuAt, args []scriptWord) (skip bool, err error) {
	for _, w := range args {
		v, err := r.eval(w.value)
		if err != nil {
			return false, err
		}
		g := given{name: w.name, value: v.String()}
		switch {
		case w.op == "" && w.value.bare && strings.HasPrefix(v.text, "!"):
			g = given{name: v.text[1:], taken: true}
		case w.op == "" && m.bare || w.op == "" && m.single:
			g = given{name: v.text}
		case w.op == "":
			if v.many && len(v.list) == 0 {
				return true, nil
			}
			g = given{name: ".id", value: strings.Join(strings.Split(v.String(), ";"), ",")}
			if !v.many {
				g.value = r.d.numbered(m, v.text)
			}
			if c.req.path == "system/script" && c.req.command == "run" {
				g.name = "number"
			}
		case w.op != "=":
			return false, trapf(NoCategory, "expected end of command")
		case v.many:
			g.value = strings.Join(v.list, ",")
		}
		c.req.args = append(c.req.args, g)
	}
	return false, nil
}

// find is "[find where …]": conditions name=value, name!=value, name~regexp,
// joined by "and" (also when nothing is written) and "or".
func (r *scriptRun) find(m *menuAt, args []scriptWord) (scriptValue, error) {
	if r.who.may&mayRead == 0 {
		return scriptValue{}, noPermission()
	}
	out := scriptValue{many: true}
	for _, row := range r.d.rows(m) {
		v := rowView{d: r.d, menu: m, r: row, who: r.who}
		hit, err := r.matches(&v, args)
		if err != nil {
			return out, err
		}
		if hit {
			out.list = append(out.list, idText(row.id))
		}
	}
	return out, nil
}

func (r *scriptRun) matches(v *rowView, args []scriptWord) (bool, error) {
	some, all := false, true
	for i, w := range args {
		if w.op == "" {
			switch {
			case i == 0 && w.value.text == "where", w.value.text == "and" && i > 0:
				continue
			case w.value.text == "or" && i > 0:
				some, all = some || all, true
				continue
			}
			return false, notEmulated("find where " + w.value.text)
		}
		hit, err := r.holds(v, w)
		if err != nil {
			return false, err
		}
		all = all && hit
	}
	return some || all, nil
}

// holds tests one condition.
func (r *scriptRun) holds(v *rowView, w scriptWord) (bool, error) {
	want, err := r.eval(w.value)
	if err != nil {
		return false, err
	}
	x := v.menu.byName[w.name]
	if x == nil {
		return false, unknownParameter(w.name)
	}
	have, _ := v.value(x)
	text := want.String()
	if w.op == "~" {
		re, err := regexp.Compile(text)
		if err != nil {
			return false, trapf(NoCategory, "invalid regular expression")
		}
		return re.MatchString(have), nil
	}
	return (have == v.spelled(x, text)) == (w.op == "="), nil
}
