package spec

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// errSyntax says that a text is not what its form's word says.
var errSyntax = errors.New("syntax")

// A scalar is the form of a single value.
type scalar[T any] struct {
	dst     *given[T]
	word    string // what the value is, as in "a duration"
	example string
	also    string // what else may stand there, after a list of words
	quiet   bool   // the text may be a secret: never repeat it
	s       schema
	// parse turns a text that the schema accepts into a value. The message of
	// its error stands behind the quoted text; errSyntax stands for "is not" and
	// the word.
	parse func(text string) (T, error)
}

func (f scalar[T]) schema() *schema {
	s := f.s
	s.word = f.word
	if f.example != "" && len(s.Examples) == 0 {
		s.Examples = []any{f.example}
	}
	return &s
}

func (f scalar[T]) decode(d *decoder, n *yaml.Node, path string) {
	at := placeOf(n, path)
	f.dst.place = at
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
		d.problem(at, "%s is given, not %s%s", kindOf(n), f.word, f.hint())
		return
	}
	if msg := f.s.refuses(d, n); msg != "" {
		if len(f.s.Enum) > 0 {
			msg += f.also
		}
		d.problem(at, "%s", f.say(n.Value, msg))
		return
	}
	v, err := f.parse(n.Value)
	if errors.Is(err, errSyntax) {
		d.problem(at, "%s", f.say(n.Value, ""))
		return
	}
	if err != nil {
		d.problem(at, "%s", f.say(n.Value, err.Error()))
		return
	}
	f.dst.value, f.dst.set = v, true
}

// say words what is wrong with text; msg "" and "?" stand for "is not" and the
// word.
func (f scalar[T]) say(text, msg string) string {
	if msg == "" || msg == "?" || f.quiet {
		msg = "is not " + f.word + f.hint()
	}
	if f.quiet {
		return "what is given " + msg
	}
	return quote(text) + " " + msg
}

func (f scalar[T]) hint() string {
	if len(f.s.Enum) > 0 {
		return ""
	}
	if f.example == "" {
		return ""
	}
	return " (example: " + f.example + ")"
}

// refuses says why the scalar n is not what s describes: "" when it is, "?"
// when there is nothing special to say.
func (s *schema) refuses(d *decoder, n *yaml.Node) string {
	if len(s.AnyOf) > 0 {
		return s.refusesAll(d, n)
	}
	if len(s.Enum) > 0 {
		return s.refusesWord(n)
	}
	typ := jsonType(n)
	if typ == "?" {
		return "has the YAML tag " + quote(n.ShortTag()) + ", which has no meaning here"
	}
	if !slices.Contains(s.Type, typ) {
		return s.refusesType(d, n, typ)
	}
	switch typ {
	case "integer":
		var i int64
		if n.Decode(&i) != nil || s.Minimum != nil && i < int64(*s.Minimum) || s.Maximum != nil && i > int64(*s.Maximum) {
			return "?"
		}
	case "string":
		length := utf8.RuneCountInString(n.Value)
		switch {
		case s.Pattern != "" && !d.matches(s.Pattern, n.Value), length < s.MinLength:
			return "?"
		case s.MaxLength > 0 && length > s.MaxLength:
			return fmt.Sprintf("has %d characters; the limit is %d", length, s.MaxLength)
		}
	}
	return ""
}

// refusesAll is refuses for alternatives: it says what the last one says that is
// not a list of words.
func (s *schema) refusesAll(d *decoder, n *yaml.Node) string {
	msg := "?"
	for _, alt := range s.AnyOf {
		m := alt.refuses(d, n)
		if m == "" {
			return ""
		}
		if m != "?" && len(alt.Enum) == 0 {
			msg = m
		}
	}
	return msg
}

// refusesType says what may be meant by a scalar of another type.
func (s *schema) refusesType(d *decoder, n *yaml.Node, typ string) string {
	text := slices.Contains(s.Type, "string") && (s.Pattern == "" || d.matches(s.Pattern, n.Value))
	switch {
	case text:
		return "is " + kindOf(n) + " to YAML; put it in quotes"
	case slices.Contains(s.Type, "integer") && typ == "string" && n.Style != 0 && decimal(n.Value):
		return "is text to YAML; leave the quotes out"
	}
	return "?"
}

// refusesWord is refuses for an enumeration.
func (s *schema) refusesWord(n *yaml.Node) string {
	var words []string
	for _, e := range s.Enum {
		w := fmt.Sprint(e)
		if _, hidden := e.(bool); !hidden {
			words = append(words, w)
		}
		_, text := e.(string)
		switch {
		case w != n.Value:
		case text == (jsonType(n) == "string"):
			return ""
		case !text && jsonType(n) == "string":
			return "is text to YAML; leave the quotes out"
		}
	}
	return "is not " + oneOf(words) + didYouMean(n.Value, words)
}

func oneOf(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return "one of " + strings.Join(words, ", ")
}

// jsonType returns what JSON calls the scalar n.
func jsonType(n *yaml.Node) string {
	switch n.ShortTag() {
	case "!!str", "!!timestamp", "!!merge": // only YAML 1.1 has a type for dates
		return "string"
	case "!!int":
		return "integer"
	case "!!float":
		return "number"
	case "!!bool":
		return "boolean"
	case "!!null":
		return "null"
	}
	return "?"
}

func decimal(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
