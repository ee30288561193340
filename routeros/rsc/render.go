package rsc

import (
	"io"
	"strings"
)

// RenderOptions say how a script is written. The zero value is the form of
// /export: a line for each menu, commands below it, long ones wrapped.
type RenderOptions struct {
	// Terse writes the menu before every command, one line each.
	Terse bool
	// Header are lines written as comments at the top.
	Header []string
}

// Render writes items as a script. Parsing it gives the same items, apart from
// their lines. A menu's name, a verb or a property's name that is no word of the
// language cannot be written and is the caller's mistake; values may hold
// anything.
func Render(w io.Writer, items []Item, opts RenderOptions) error {
	var b strings.Builder
	for _, line := range opts.Header {
		b.WriteString(strings.TrimSpace("# "+strings.Join(strings.Fields(line), " ")) + "\n")
	}
	menu := ""
	for i := range items {
		it := &items[i]
		if it.Menu != menu && !opts.Terse {
			b.WriteString(spoken(it.Menu) + "\n")
			menu = it.Menu
		}
		for _, note := range it.Notes {
			b.WriteString("# " + note + "\n")
		}
		words := it.words()
		if opts.Terse {
			b.WriteString(spoken(it.Menu) + " " + strings.Join(words, " ") + "\n")
			continue
		}
		wrap(&b, words)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// spoken is a menu as exports write it: "/interface eoip".
func spoken(menu string) string {
	return "/" + strings.ReplaceAll(strings.Trim(menu, "/"), "/", " ")
}

// String returns the command as one line, without its menu. It shows secrets.
func (it *Item) String() string { return strings.Join(it.words(), " ") }

// words are the parts of a command.
func (it *Item) words() []string {
	words := []string{it.Verb}
	if it.ByFind {
		words = append(words, "[")
		words = append(words, "find")
		for _, c := range it.Find {
			words = append(words, c.String())
		}
		words = append(words, "]")
		words = []string{it.Verb, strings.Join(words[1:], " ")}
	} else if it.Target != "" {
		words = append(words, target(it.Target))
	}
	for _, p := range it.Properties {
		words = append(words, p.String())
	}
	return words
}

// target is an item's own name, in quotes where it would be read as something
// else.
func target(s string) string {
	if q := quote(s); q != s || s[0] != '!' && s[0] != '/' && s[0] != '#' {
		return q
	}
	return `"` + s + `"`
}

// String returns "name=value" or "!name". It shows secrets.
func (p Property) String() string {
	if p.None {
		return "!" + p.Name
	}
	return p.Name + "=" + quote(p.Value)
}

// width is where exports wrap lines.
const width = 80

// wrap writes words as one command, broken between words.
func wrap(b *strings.Builder, words []string) {
	column := 0
	for i, word := range words {
		last := i == len(words)-1
		room := width - 2 // " \"
		if last {
			room = width
		}
		if column > 4 && column+1+len(word) > room {
			b.WriteString(" \\\n    ")
			column = 4
		} else if i > 0 {
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	b.WriteByte('\n')
}
