package routeros

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// A Field is one attribute of a command.
type Field struct {
	Name  string
	Value string
	// None sends "=!name=", the API's form of "no value" (`set !keepalive`).
	// Value is not used.
	None bool
}

// Fields are the attributes of a command in the order in which they are sent.
// Nil is none. The methods that add return the longer list, as append does.
type Fields []Field

// FieldsOf returns fields made of name, value pairs; a last name without a
// value has an empty one.
func FieldsOf(pairs ...string) Fields {
	f := make(Fields, 0, (len(pairs)+1)/2)
	for i := 0; i < len(pairs); i += 2 {
		value := ""
		if i+1 < len(pairs) {
			value = pairs[i+1]
		}
		f = append(f, Field{Name: pairs[i], Value: value})
	}
	return f
}

// With sets name to value: in place if f has the name, at the end otherwise.
func (f Fields) With(name, value string) Fields { return f.put(Field{Name: name, Value: value}) }

// Clear sets name to the empty value ("=name="), which takes a comment or a
// matcher away. It is also the form of an argument without a value ("=once=").
func (f Fields) Clear(name string) Fields { return f.put(Field{Name: name}) }

// NoValue sends "=!name=", which switches off a property that has a default
// (a keepalive, a secret).
func (f Fields) NoValue(name string) Fields { return f.put(Field{Name: name, None: true}) }

func (f Fields) put(field Field) Fields {
	if i := slices.IndexFunc(f, func(x Field) bool { return x.Name == field.Name }); i >= 0 {
		f[i] = field
		return f
	}
	return append(f, field)
}

// Get returns the value of name. Ok is false if f lacks it or says NoValue.
func (f Fields) Get(name string) (value string, ok bool) {
	for _, x := range f {
		if x.Name == name {
			return x.Value, !x.None
		}
	}
	return "", false
}

// All yields every name and value in order, those without a value left out.
func (f Fields) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, x := range f {
			if !x.None && !yield(x.Name, x.Value) {
				return
			}
		}
	}
}

// String shows the fields as words, sensitive values hidden.
func (f Fields) String() string { return f.show("") }

// Format is String for every verb.
func (f Fields) Format(s fmt.State, verb rune) { printed(s, verb, f.show("")) }

// show is String for the fields of the command at path.
func (f Fields) show(path string) string {
	words := make([]string, len(f))
	for i, x := range f {
		words[i] = x.show(path)
	}
	return strings.Join(words, " ")
}

// String shows the field as a word, a sensitive value hidden.
func (x Field) String() string { return x.show("") }

// Format is String for every verb.
func (x Field) Format(s fmt.State, verb rune) { printed(s, verb, x.show("")) }

// MarshalJSON hides a sensitive value. There is no way back.
func (x Field) MarshalJSON() ([]byte, error) {
	out := map[string]string{"name": x.Name}
	if !x.None {
		out["value"] = shown("", x.Name, x.Value)
	}
	return json.Marshal(out)
}

func (x Field) show(path string) string {
	if x.None {
		return "=!" + x.Name + "="
	}
	return "=" + x.Name + "=" + shown(path, x.Name, x.Value)
}
