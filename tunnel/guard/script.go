package guard

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"jembatan/tunnel/plan"
)

// maxScript is the largest text of one scheduler entry in bytes. RouterOS takes
// 64 KiB (MikroTik manual, "Scripting"); some is left for what it adds.
const maxScript = 60 << 10

// Statement writes one inverse as a line of RouterOS script that releases 6 and
// 7 take alike.
func Statement(inv *plan.Inverse) string {
	menu := "/" + strings.ReplaceAll(strings.Trim(inv.Menu, "/"), "/", " ")
	switch inv.Op {
	case plan.Remove:
		return fmt.Sprintf("%s remove [find %s]", menu, pairs(inv.Where, nil))
	case plan.Set:
		return fmt.Sprintf("%s set [find %s] %s", menu, pairs(inv.Where, nil), pairs(inv.Want, inv.Unset))
	case plan.Add:
		return fmt.Sprintf(":if ([:len [%s find %s]] = 0) do={%s add %s}", menu, pairs(inv.Where, nil), menu, pairs(inv.Want, inv.Unset))
	case plan.OpUnknown:
	}
	return ""
}

// pairs writes properties in a fixed order, the comment first.
func pairs(want map[string]string, unset []string) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		pair := name + "=" + quote(want[name])
		if name == "comment" {
			out = append([]string{pair}, out...)
			continue
		}
		out = append(out, pair)
	}
	for _, name := range unset {
		out = append(out, "!"+name)
	}
	return strings.Join(out, " ")
}

// quote writes a text in quotes, whatever is in it.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\' || c == '$' || c == '?':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c >= 0x7F:
			fmt.Fprintf(&b, `\%02X`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// scripts returns the texts of the entries that take a job back in order, each
// below size bytes. An entry removes itself when all that it does has worked,
// and tries again one interval later when not. The last one removes the lock of
// the holder, who is gone when it runs.
func scripts(inverse []plan.Inverse, name func(part int) string, holder string, size int) ([]string, error) {
	var chunks [][]string
	var chunk []string
	room := size - len(frame(name(0), holder, nil))
	used := 0
	for i := range inverse {
		line := ":do {" + Statement(&inverse[i]) + "} on-error={:set bad 1}\n"
		if len(line) > room {
			return nil, fmt.Errorf("taking the change of %s back takes %d bytes of script, more than an entry holds", inverse[i].Name, len(line))
		}
		if used+len(line) > room {
			chunks, chunk, used = append(chunks, chunk), nil, 0
		}
		chunk = append(chunk, line)
		used += len(line)
	}
	chunks = append(chunks, chunk)
	out := make([]string, len(chunks))
	for i, c := range chunks {
		out[i] = frame(name(i), "", c)
		if i == len(chunks)-1 {
			out[i] = frame(name(i), holder, c)
		}
	}
	return out, nil
}

// frame is the text of one entry around its statements.
func frame(name, holder string, statements []string) string {
	var b strings.Builder
	b.WriteString(":local bad 0\n")
	for _, s := range statements {
		b.WriteString(s)
	}
	if holder != "" {
		lock := "^" + LockMark + regexp.QuoteMeta(holder) + " "
		b.WriteString(":do {/system script remove [find where name=" + quote(LockName) + " and comment~" + quote(lock) + "]} on-error={}\n")
	}
	b.WriteString(":if ($bad = 0) do={:log warning " + quote(name+" took a change back") + "; /system scheduler remove [find name=" + quote(name) +
		"]} else={:log error " + quote(name+" could not take all of a change back and will try again") + "}\n")
	return b.String()
}

// The lock of tunnel/apply: a script of this name whose comment begins so.
const (
	LockName = "jembatan-lock"
	LockMark = "jembatan:lock/"
)
