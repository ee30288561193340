// Package report writes an audit for people and programs: text for terminals,
// JSON, CSV, Markdown, and one self-contained HTML page, in English and
// Indonesian. It draws nothing from outside, in either sense.
package report

import (
	"encoding/json"
	"fmt"
	"io"

	"jembatan/tunnel/audit"
)

// A Form is the form of a report.
type Form string

// Forms.
const (
	Text     Form = "text"
	JSON     Form = "json"
	CSV      Form = "csv"
	Markdown Form = "markdown"
	HTML     Form = "html"
)

// Forms returns every form.
func Forms() []Form { return []Form{Text, JSON, HTML, Markdown, CSV} }

// Options adjust how a report is written. The zero value is English without
// colour.
type Options struct {
	Lang   audit.Lang
	Colour bool // for Text
	Width  int  // columns of Text; zero is 100
}

// Write writes the report in a form.
func Write(w io.Writer, r *audit.Report, form Form, opts Options) error {
	if opts.Lang == audit.LangUnknown {
		opts.Lang = audit.English
	}
	switch form {
	case Text:
		return writeText(w, r, opts)
	case JSON:
		return writeJSON(w, r)
	case CSV:
		return writeCSV(w, r, opts)
	case Markdown:
		return writeMarkdown(w, r, opts)
	case HTML:
		return writeHTML(w, r, opts)
	}
	return fmt.Errorf("no form of report is called %q", string(form))
}

// writeJSON writes the report's own fields; both languages are in it.
func writeJSON(w io.Writer, r *audit.Report) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}
