package drill

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"jembatan/tunnel/audit"
)

// A Form is a form of a report.
type Form string

// Forms.
const (
	Text Form = "text"
	JSON Form = "json"
	HTML Form = "html"
)

// Forms returns every form.
func Forms() []Form { return []Form{Text, JSON, HTML} }

// Write writes the report in a form; only HTML knows more than English.
func Write(w io.Writer, r *Report, form Form, lang audit.Lang) error {
	switch form {
	case Text:
		return writeText(w, r)
	case JSON:
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	case HTML:
		return writeHTML(w, r, lang)
	}
	return fmt.Errorf("no form of a drill's report is called %q", string(form))
}

// short writes a time as people read it: three digits are enough.
func short(d time.Duration) string {
	switch {
	case d == 0:
		return "0"
	case d >= time.Minute:
		return d.Round(time.Second).String()
	case d >= 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d >= time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d >= 10*time.Millisecond:
		return fmt.Sprintf("%.0f ms", float64(d)/1e6)
	}
	return fmt.Sprintf("%.1f ms", float64(d)/1e6)
}

// dash writes what there was no such thing of as a dash, and never as zero.
func dash(d *time.Duration) string {
	if d == nil {
		return "-"
	}
	return short(*d)
}
