package audit

import "fmt"

// A Lang is a language of reports.
type Lang uint8

// Languages.
const (
	LangUnknown Lang = iota
	English
	Indonesian
)

// ParseLang reads "en" or "id".
func ParseLang(s string) (Lang, error) {
	switch s {
	case "en":
		return English, nil
	case "id":
		return Indonesian, nil
	}
	return LangUnknown, fmt.Errorf("--lang takes en or id, not %q", s)
}

// A Text says one thing in both languages.
type Text struct {
	EN string `json:"en"`
	ID string `json:"id"`
}

// In returns the text in a language.
func (t Text) In(l Lang) string {
	if l == Indonesian && t.ID != "" {
		return t.ID
	}
	return t.EN
}

// IsZero reports whether nothing is said.
func (t Text) IsZero() bool { return t == Text{} }

// say makes a Text; args go into both texts in the same order. A Text among
// args is said in each language.
func say(en, id string, args ...any) Text {
	if len(args) == 0 {
		return Text{en, id}
	}
	in := func(l Lang) []any {
		out := make([]any, len(args))
		for i, a := range args {
			if t, ok := a.(Text); ok {
				a = t.In(l)
			}
			out[i] = a
		}
		return out
	}
	return Text{fmt.Sprintf(en, in(English)...), fmt.Sprintf(id, in(Indonesian)...)}
}
