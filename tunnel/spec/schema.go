package spec

import (
	"bytes"
	"encoding/json"
)

// A schema is the part of JSON Schema 2020-12 that the format needs. Scalars
// are checked against it by the decoder itself.
type schema struct {
	Dialect     string     `json:"$schema,omitempty"`
	Title       string     `json:"title,omitempty"`
	Description string     `json:"description,omitempty"`
	Type        []string   `json:"-"`
	Enum        []any      `json:"enum,omitempty"`
	Pattern     string     `json:"pattern,omitempty"`
	MinLength   int        `json:"minLength,omitempty"`
	MaxLength   int        `json:"maxLength,omitempty"`
	Minimum     *int       `json:"minimum,omitempty"`
	Maximum     *int       `json:"maximum,omitempty"`
	Properties  properties `json:"properties,omitempty"`
	Names       *schema    `json:"propertyNames,omitempty"`
	Others      any        `json:"additionalProperties,omitempty"` // false, or the *schema of every value
	Required    []string   `json:"required,omitempty"`
	MinProps    int        `json:"minProperties,omitempty"`
	MaxProps    int        `json:"maxProperties,omitempty"`
	Items       *schema    `json:"items,omitempty"`
	MinItems    int        `json:"minItems,omitempty"`
	MaxItems    int        `json:"maxItems,omitempty"`
	AnyOf       []*schema  `json:"anyOf,omitempty"`
	Default     any        `json:"default,omitempty"`
	Examples    []any      `json:"examples,omitempty"`

	word  string // what people call the value, for the reference page
	id    string // heading of a record on the reference page
	about string // what a record is, wherever it stands
}

// MarshalJSON writes a single type as a word, several as a list.
func (s *schema) MarshalJSON() ([]byte, error) {
	type plain schema
	out := struct {
		Type any `json:"type,omitempty"`
		*plain
	}{plain: (*plain)(s)}
	switch len(s.Type) {
	case 0:
	case 1:
		out.Type = s.Type[0]
	default:
		out.Type = s.Type
	}
	return json.Marshal(out)
}

// properties keep the order of the format.
type properties []property

type property struct {
	key string
	s   *schema
}

// MarshalJSON writes an object.
func (ps properties) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, p := range ps {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(p.key)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(p.s)
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Schema returns the JSON Schema (2020-12) of topology files, indented, for
// editors. It holds the structure: what Parse accepts, the schema accepts.
// Whether names resolve and addresses fit together only Parse knows.
func Schema() []byte {
	var raw given[rawTopology]
	s := topologyForm(&raw).schema()
	s.Dialect = "https://json-schema.org/draft/2020-12/schema"
	s.Title = "jembatan topology"
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(s); err != nil {
		panic("schema of the topology: " + err.Error()) // its values are all constants
	}
	return b.Bytes()
}
