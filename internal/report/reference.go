package report

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"jembatan/tunnel/audit"
)

// generated is the first line of every page that is made from the code.
const generated = "<!-- Made from the code by `make docs`; a test fails when it is stale. -->\n\n"

// About tells what a field of a type of the report means; the comments of the
// source say it.
type About func(typ, field string) string

// Reference returns the reference pages of the audit by their path below
// docs/reference.
func Reference(about About) map[string]string {
	return map[string]string{"audit-rules.md": rulesPage(), "audit-json.md": jsonPage(about)}
}

// rulesPage describes every rule.
func rulesPage() string {
	var b strings.Builder
	rules := audit.Rules()
	b.WriteString(generated)
	fmt.Fprintf(&b, "# Audit rules\n\n%d rules. Severities, thresholds and fixes are this project's defaults. \"Live\" rules need the states and\n"+
		"counters of a live router; the others work on saved exports as well. A check whose menus could not be read is\n"+
		"\"could not be decided\", never well. Ids are never used again for something else.\n", len(rules))
	area := ""
	for _, r := range rules {
		if r.Area() != area && !strings.HasPrefix(area, r.Area()) {
			area = r.Area()
			fmt.Fprintf(&b, "\n## %s — %s\n", area, audit.AreaTitle(area).EN)
		}
		fmt.Fprintf(&b, "\n### %s %s\n\n", r.ID, r.Title.EN)
		b.WriteString("| | |\n| --- | --- |\n")
		row := func(name, text string) {
			if text != "" {
				fmt.Fprintf(&b, "| %s | %s |\n", name, strings.ReplaceAll(strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(text), "|", `\|`))
			}
		}
		row("Severity", r.Severity.String())
		if r.Live {
			row("Source", "live routers only")
		}
		row("Looks at", r.Looks)
		row("Why", r.Why.EN)
		row("Fix", r.Fix.EN)
		row("Bahasa Indonesia", r.Title.ID+". "+r.Why.ID+" "+r.Fix.ID)
		row("Reference", r.Ref)
		row("ISO/IEC 27001:2022", r.Control)
	}
	return b.String()
}

// jsonPage describes the JSON form from the types themselves.
func jsonPage(about About) string {
	var b strings.Builder
	b.WriteString(generated)
	fmt.Fprintf(&b, "# The audit report in JSON\n\n`jembatan audit -o json` prints one object of schema `%s`. Fields are added in later versions, never\n"+
		"renamed or taken away. Times are RFC 3339 in UTC, durations are seconds. A text is an object with the same sentence\n"+
		"in English (`en`) and Indonesian (`id`). Secrets are in no field.\n", audit.SchemaName)
	d := described{b: &b, about: about, done: map[reflect.Type]bool{}}
	d.queue = []reflect.Type{reflect.TypeFor[audit.Report]()}
	for len(d.queue) > 0 {
		next := d.queue[0]
		d.queue = d.queue[1:]
		d.object(next)
	}
	return b.String()
}

// described writes types down, each once.
type described struct {
	b     *strings.Builder
	about About
	queue []reflect.Type
	done  map[reflect.Type]bool
}

func (d *described) object(t reflect.Type) {
	if d.done[t] {
		return
	}
	d.done[t] = true
	fmt.Fprintf(d.b, "\n## %s\n\n| field | type | |\n| --- | --- | --- |\n", t.Name())
	d.fields(t)
}

func (d *described) fields(t reflect.Type) {
	for f := range t.Fields() {
		if !f.IsExported() {
			continue
		}
		tag := f.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		if f.Anonymous && tag == "" {
			d.fields(f.Type)
			continue
		}
		note := d.about(t.Name(), f.Name)
		if strings.Contains(options, "omit") {
			note = strings.TrimPrefix(note+"; may be left out", "; ")
		}
		fmt.Fprintf(d.b, "| `%s` | %s | %s |\n", name, d.name(f.Type), strings.ReplaceAll(note, "|", `\|`))
	}
}

// name tells what a type is in JSON.
func (d *described) name(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[audit.Severity]():
		return "`critical`, `high`, `medium`, `low` or `info`"
	case reflect.TypeFor[audit.SourceKind]():
		return "`live` or `export`"
	case reflect.TypeFor[audit.PairState]():
		return "`paired`, `mismatched`, `one-sided`, `foreign`, `ambiguous` or `peer-unread`"
	case reflect.TypeFor[audit.DoubtKind]():
		return "`damaged`, `older`, `twice`, `identity`, `encoding` or `different`"
	}
	kind := t.Kind()
	switch {
	case kind == reflect.Slice:
		return "list of " + d.name(t.Elem())
	case kind == reflect.Pointer:
		return d.name(t.Elem())
	case t == reflect.TypeFor[time.Time]():
		return "time"
	case kind == reflect.Struct:
		d.queue = append(d.queue, t)
		return "[" + t.Name() + "](#" + strings.ToLower(t.Name()) + ")"
	case kind == reflect.String:
		return "string"
	case kind == reflect.Bool:
		return "boolean"
	}
	return "number"
}
