package rsc

import (
	"fmt"
	"slices"
	"strings"
)

// Parse reads an export. It never fails: what cannot be read is in Problems,
// with its line, and the rest is read. Problems never quote the text, since a
// damaged line may hold a part of a secret.
func Parse(text string) *Script { return ParseMenus(text, nil) }

// ParseMenus is Parse that keeps only the items of menus for which keep is
// true; nil keeps all. Scope knows of all.
func ParseMenus(text string, keep func(menu string) bool) *Script {
	s := &Script{}
	text = strings.TrimPrefix(text, "\ufeff")
	if len(text) > MaxBytes {
		s.problem(0, fmt.Sprintf("larger than %d MiB, not read", MaxBytes>>20))
		return s
	}
	p := &parser{script: s, keep: keep, menu: "/", lexer: lexer{src: text, line: 1}}
	for p.lexer.more() {
		p.line()
	}
	s.Lines, s.Code = p.lexer.line, p.lexer.code
	if strings.HasSuffix(text, "\n") {
		s.Lines--
	}
	return s
}

func (s *Script) problem(line int, msg string) {
	if len(s.Problems) >= MaxProblems {
		s.More++
		return
	}
	s.Problems = append(s.Problems, Problem{line, msg})
}

// A parser is the state of one Parse.
type parser struct {
	script *Script
	lexer  lexer
	keep   func(string) bool
	menu   string
	notes  []string
	begun  bool // the header is over
	pathed bool // the command at hand began with a path
}

// line reads one command, comment or empty line.
func (p *parser) line() {
	l := &p.lexer
	for l.peek() == ' ' || l.peek() == '\t' {
		l.pos++
	}
	if !l.more() || l.newline() {
		return
	}
	if l.peek() == '#' {
		p.comment(l.restOfLine(), l.line-1)
		return
	}
	begin := l.line
	p.command()
	if l.cut {
		p.script.problem(begin, "the text ends in the middle of the command that begins here; it is left out")
		l.pos = len(l.src)
	}
}

// comment reads a line that begins with "#".
func (p *parser) comment(text string, line int) {
	text = strings.TrimSpace(strings.TrimLeft(text, "#"))
	switch {
	case strings.HasPrefix(text, "error exporting") || text == "interrupted":
		p.script.problem(line, "the router says that it could not export everything")
		return
	case p.begun && strings.Contains(text, " by RouterOS "):
		p.script.problem(line, "another export begins here; one file holds one router, and only the first is read")
		p.lexer.pos = len(p.lexer.src)
		return
	}
	if !p.begun && p.script.Header.read(text) {
		return
	}
	if text != "" && p.begun {
		p.notes = append(p.notes, text)
	}
}

// command reads one command and appends its item.
func (p *parser) command() {
	l := &p.lexer
	it := Item{Line: l.line, Menu: p.menu, Notes: p.notes}
	p.notes, p.begun, p.pathed = nil, true, false
	words := 0
	for {
		t, err := l.next()
		if err != nil {
			p.script.problem(err.line, err.msg)
			l.skipLine()
			return
		}
		if l.cut {
			return
		}
		if t.kind == tokenEnd {
			break
		}
		if msg := p.take(&it, t, words); msg != "" {
			p.script.problem(t.line, msg)
			l.skipLine()
			return
		}
		words++
	}
	it.Last = max(it.Line, l.line-1)
	if !l.more() && !strings.HasSuffix(l.src, "\n") && !strings.HasSuffix(l.src, "\r") {
		it.Last = l.line
	}
	p.finish(&it)
}

// take adds one token to the item; a message gives the command up.
func (p *parser) take(it *Item, t token, words int) string {
	switch t.kind {
	case tokenPath:
		if words > 0 {
			return "a path in the middle of a command"
		}
		return p.path(it, t.text)
	case tokenWord:
		return p.word(it, t)
	case tokenPair:
		return p.pair(it, t)
	case tokenFind:
		return p.find(it, t)
	case tokenOther, tokenEnd:
	}
	return "not an export: script code is not read"
}

// path enters the menu of "/interface" or "/interface/eoip/add".
func (p *parser) path(it *Item, text string) string {
	p.menu, p.pathed = "/", true
	parts := strings.Split(strings.Trim(text, "/"), "/")
	for i, part := range parts {
		if part == "" {
			continue
		}
		if i > 0 && i == len(parts)-1 && isVerb(part) {
			it.Verb = part
			break
		}
		if !isName(part) || strings.Count(p.menu, "/") >= maxDepth {
			return "not a menu of RouterOS"
		}
		p.enter(part)
	}
	it.Menu = p.menu
	return ""
}

// maxDepth is the most levels of a menu; RouterOS has five.
const maxDepth = 12

func (p *parser) enter(part string) {
	if p.menu == "/" {
		p.menu = ""
	}
	p.menu += "/" + part
}

// word is a menu's name, the verb, or the target.
func (p *parser) word(it *Item, t token) string {
	switch {
	case it.Verb != "" && (t.none || it.Verb == "add" || it.Target != "" || it.ByFind || len(it.Properties) > 0) &&
		(!isName(t.text) || t.quoted || len(it.Properties) >= MaxProperties):
		return "something that is no property"
	case it.Verb != "" && t.none:
		it.Properties = append(it.Properties, Property{Name: it.whole(t.text), None: true})
	case it.Verb != "" && it.Target == "" && !it.ByFind && len(it.Properties) == 0 && it.Verb != "add":
		it.Target = t.text
	case it.Verb != "":
		// A flag without a value, as "once" or "detail".
		it.Properties = append(it.Properties, Property{Name: it.whole(t.text)})
	case strings.HasPrefix(t.text, ":") || t.none || t.quoted || t.text == "":
		return "not an export: script code is not read"
	case isVerb(t.text):
		it.Verb = t.text
	case p.pathed && isName(t.text) && strings.Count(p.menu, "/") < maxDepth:
		p.enter(t.text)
		it.Menu = p.menu
	default:
		return "not a command of RouterOS"
	}
	return ""
}

func (p *parser) pair(it *Item, t token) string {
	if it.Verb == "" {
		return "a value without a command"
	}
	if !isName(t.text) {
		return "something that is no property"
	}
	if len(it.Properties) >= MaxProperties {
		return fmt.Sprintf("more than %d properties", MaxProperties)
	}
	it.Properties = append(it.Properties, Property{Name: it.whole(t.text), Value: t.value, None: t.none})
	return ""
}

// whole returns the full name of a property: ".as" goes on with the group of
// the last one that has a group, as "remote." of "remote.address".
func (it *Item) whole(name string) string {
	if name[0] != '.' {
		return name
	}
	for _, p := range slices.Backward(it.Properties) {
		if group, _, ok := strings.Cut(p.Name, "."); ok && group != "" {
			return group + name
		}
	}
	return name
}

// find reads "[ find default-name=ether1 ]".
func (p *parser) find(it *Item, t token) string {
	if it.Verb == "" || it.Target != "" || it.ByFind {
		return "not an export: a command in brackets"
	}
	inner := lexer{src: t.text, line: t.line}
	first, err := inner.next()
	if err != nil || first.kind != tokenWord || first.text != "find" {
		return "not an export: a command in brackets"
	}
	it.ByFind = true
	for {
		c, err := inner.next()
		if inner.code != 0 {
			p.lexer.evaluated()
		}
		switch {
		case err != nil || inner.cut:
			return "a find that does not end"
		case c.kind == tokenEnd && inner.more():
			continue
		case c.kind == tokenEnd:
			return ""
		case c.kind == tokenWord && !c.none && c.text == "where":
		case c.kind == tokenWord && isName(c.text) && !c.quoted:
			it.Find = append(it.Find, Property{Name: c.text, None: c.none})
		case c.kind == tokenPair && isName(c.text):
			it.Find = append(it.Find, Property{Name: c.text, Value: c.value})
		default:
			return "a find with more than conditions name=value"
		}
	}
}

// finish appends the item, unless it only changed the menu.
func (p *parser) finish(it *Item) {
	s := p.script
	s.enter(it.Menu)
	if it.Verb == "" {
		p.notes = it.Notes
		return
	}
	s.note(it.Menu)
	for _, prop := range it.Properties {
		s.Sensitive = s.Sensitive || prop.Value != "" && isSecret(prop.Name)
		s.Verbose = s.Verbose || prop.Name == "arp" && prop.Value == "enabled"
	}
	if p.keep != nil && !p.keep(it.Menu) {
		return
	}
	if len(s.Items) >= MaxItems {
		s.problem(it.Line, fmt.Sprintf("more than %d commands, the rest is not read", MaxItems))
		p.lexer.pos = len(p.lexer.src)
		return
	}
	s.Items = append(s.Items, *it)
}
