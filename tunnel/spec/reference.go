package spec

import (
	"fmt"
	"strings"
)

// Reference returns the reference page of the format in Markdown. It says what
// Schema says, for people.
func Reference() []byte {
	var raw given[rawTopology]
	page := referencePage{seen: make(map[string]bool)}
	page.b.WriteString(referenceHead)
	page.record(topologyForm(&raw).schema())
	fmt.Fprintf(&page.b, referenceTail, MaxBytes>>20, MaxValues, MaxDepth, MaxTunnels)
	return []byte(page.b.String())
}

const referenceHead = "# Topology files\n\n" +
	"<!-- Generated from tunnel/spec; do not edit. -->\n\n" +
	"A topology file is one YAML document in UTF-8. `jembatan validate -f FILE` checks it and reports every problem\n" +
	"with its line and column; `jembatan schema` prints a JSON Schema for editors. Complete files are in `examples/`.\n\n" +
	"- Routers, uplinks, segments, services and servers have names of 1 to 32 letters, digits, `-` and `_`.\n" +
	"- An uplink is named `router.uplink` where both are needed.\n" +
	"- Durations are numbers with a unit: `500ms`, `1s`, `10m`, `1h30m`.\n" +
	"- Unknown fields, repeated keys and merge keys (`<<`) are problems. Anchors and aliases are allowed.\n" +
	"- Only `true` and `false` are booleans; where a field may be `off`, `false` means the same.\n\n"

const referenceTail = "## Limits\n\n" +
	"A file has at most %d MiB, %d values (what an alias stands for counts each time), %d levels of lists and mappings,\n" +
	"and makes at most %d links between routers.\n"

// A referencePage is the page as far as it is written.
type referencePage struct {
	b    strings.Builder
	seen map[string]bool
}

// record writes the section of a record and then those of the records in it.
func (p *referencePage) record(s *schema) {
	if p.seen[s.id] {
		return
	}
	p.seen[s.id] = true
	fmt.Fprintf(&p.b, "## %s\n\n%s", s.id, s.about)
	if s.MinProps == 1 && s.MaxProps == 1 {
		p.b.WriteString(" Exactly one of the fields is given.")
	}
	p.b.WriteString("\n\n| field | value | left out | meaning |\n|---|---|---|---|\n")
	required := make(map[string]bool, len(s.Required))
	for _, key := range s.Required {
		required[key] = true
	}
	for _, f := range s.Properties {
		missing := ""
		switch {
		case required[f.key]:
			missing = "required"
		case f.s.Default != nil:
			missing = fmt.Sprintf("`%v`", f.s.Default)
		}
		fmt.Fprintf(&p.b, "| `%s` | %s | %s | %s |\n", f.key, describe(f.s), missing, cell(f.s.Description))
	}
	p.b.WriteString("\n")
	for _, f := range s.Properties {
		for _, inner := range records(f.s) {
			p.record(inner)
		}
	}
}

// describe says what a value may be, with links to the sections of records.
func describe(s *schema) string {
	if s.id != "" {
		return fmt.Sprintf("[%s](#%s)", s.word, strings.ReplaceAll(strings.ToLower(s.id), " ", "-"))
	}
	item, isMap := s.Others.(*schema)
	switch {
	case isMap:
		return s.word + " to " + describe(item)
	case s.Items != nil && s.MinItems == s.MaxItems && s.MaxItems > 0:
		return fmt.Sprintf("a list of %d: %s", s.MaxItems, describe(s.Items))
	case s.Items != nil:
		return "a list of: " + describe(s.Items)
	case len(s.AnyOf) == 2 && len(records(s)) == 1:
		return describe(s.AnyOf[0]) + ", or " + describe(s.AnyOf[1])
	case len(s.Enum) > 0:
		return words(s)
	case len(s.Examples) > 0:
		text := cell(s.word)
		if len(s.AnyOf) > 0 && len(s.AnyOf[0].Enum) > 0 && !strings.Contains(text, fmt.Sprint(s.AnyOf[0].Enum[0])) {
			text = words(s.AnyOf[0]) + " or " + text
		}
		return fmt.Sprintf("%s, as in `%v`", text, s.Examples[0])
	}
	return cell(s.word)
}

// words lists the words of an enumeration.
func words(s *schema) string {
	var out []string
	for _, e := range s.Enum {
		if _, hidden := e.(bool); !hidden {
			out = append(out, fmt.Sprintf("`%v`", e))
		}
	}
	return strings.Join(out, ", ")
}

// records returns the records that a value of s may hold.
func records(s *schema) []*schema {
	if s.id != "" {
		return []*schema{s}
	}
	var out []*schema
	if item, ok := s.Others.(*schema); ok {
		out = append(out, records(item)...)
	}
	if s.Items != nil {
		out = append(out, records(s.Items)...)
	}
	for _, alt := range s.AnyOf {
		out = append(out, records(alt)...)
	}
	return out
}

// cell makes s fit into a cell of a table.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
