package spec

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"
)

// A checker is a second reading of the JSON Schema, to hold the decoder against.
type checker struct {
	s map[string]any
}

func (c checker) sub(key string) (checker, bool) {
	s, ok := c.s[key].(map[string]any)
	return checker{s}, ok
}

func (c checker) number(key string, or float64) float64 {
	if n, ok := c.s[key].(float64); ok {
		return n
	}
	return or
}

func (c checker) accepts(v any) bool {
	if alts, ok := c.s["anyOf"].([]any); ok {
		return slices.ContainsFunc(alts, func(a any) bool { return checker{a.(map[string]any)}.accepts(v) })
	}
	if words, ok := c.s["enum"].([]any); ok {
		return slices.Contains(words, v)
	}
	types, many := c.s["type"].([]any)
	if !many {
		types = []any{c.s["type"]}
	}
	const none = 1e18
	switch v := v.(type) {
	case nil:
		return slices.Contains(types, any("null"))
	case bool:
		return slices.Contains(types, any("boolean"))
	case float64:
		if !slices.Contains(types, any("integer")) || v != float64(int64(v)) {
			return false
		}
		return v >= c.number("minimum", -none) && v <= c.number("maximum", none)
	case string:
		re, _ := c.s["pattern"].(string)
		return slices.Contains(types, any("string")) && regexp.MustCompile(re).MatchString(v) &&
			float64(utf8.RuneCountInString(v)) <= c.number("maxLength", none)
	case []any:
		item, _ := c.sub("items")
		return slices.Contains(types, any("array")) &&
			float64(len(v)) >= c.number("minItems", 0) && float64(len(v)) <= c.number("maxItems", none) &&
			!slices.ContainsFunc(v, func(x any) bool { return !item.accepts(x) })
	case map[string]any:
		return slices.Contains(types, any("object")) && c.acceptsObject(v)
	}
	return false
}

func (c checker) acceptsObject(v map[string]any) bool {
	n := float64(len(v))
	if n < c.number("minProperties", 0) || n > c.number("maxProperties", 1e18) {
		return false
	}
	required, _ := c.s["required"].([]any)
	for _, key := range required {
		if _, ok := v[key.(string)]; !ok {
			return false
		}
	}
	fields, _ := c.sub("properties")
	others, open := c.sub("additionalProperties")
	names, named := c.sub("propertyNames")
	for key, value := range v {
		if f, ok := fields.sub(key); ok {
			if !f.accepts(value) {
				return false
			}
			continue
		}
		if !open || !others.accepts(value) || named && !regexp.MustCompile(names.s["pattern"].(string)).MatchString(key) {
			return false
		}
	}
	return true
}

// draw makes a value for the schema: mostly a right one, sometimes not.
func (c checker) draw(t *rapid.T, name string) any {
	if rapid.IntRange(0, 40).Draw(t, name+" wrong") == 0 {
		return rapid.SampledFrom([]any{
			nil, true, false, 0.0, -1.0, 1.5, 70000.0, "", "x\ty", "no!", []any{}, []any{"a"}, map[string]any{}, map[string]any{"zz": 1.0},
		}).Draw(t, name)
	}
	if alts, ok := c.s["anyOf"].([]any); ok {
		if words, ok := c.s["examples"].([]any); ok && rapid.Bool().Draw(t, name+" example") {
			return rapid.SampledFrom(words).Draw(t, name)
		}
		alt := rapid.SampledFrom(alts).Draw(t, name+" alternative").(map[string]any)
		if alt["pattern"] == nil {
			return checker{alt}.draw(t, name)
		}
		return c.s["examples"].([]any)[0]
	}
	for _, key := range []string{"enum", "examples"} {
		if words, ok := c.s[key].([]any); ok {
			return rapid.SampledFrom(words).Draw(t, name)
		}
	}
	switch typ := fmt.Sprint(c.s["type"]); {
	case typ == "boolean":
		return rapid.Bool().Draw(t, name)
	case typ == "integer":
		return float64(rapid.IntRange(int(c.number("minimum", 0)), int(c.number("maximum", 0))).Draw(t, name))
	case typ == "array":
		item, _ := c.sub("items")
		low := int(c.number("minItems", 0))
		out := make([]any, rapid.IntRange(low, min(low+2, int(c.number("maxItems", 1e6)))).Draw(t, name+" items"))
		for i := range out {
			out[i] = item.draw(t, fmt.Sprintf("%s[%d]", name, i))
		}
		return out
	case strings.Contains(typ, "object"):
		return c.drawObject(t, name)
	}
	t.Fatalf("no value for %s: %v", name, c.s)
	return nil
}

func (c checker) drawObject(t *rapid.T, name string) any {
	out := make(map[string]any)
	if others, ok := c.sub("additionalProperties"); ok {
		for i := range rapid.IntRange(int(c.number("minProperties", 0)), 2).Draw(t, name+" names") {
			out[fmt.Sprintf("n%d", i)] = others.draw(t, fmt.Sprintf("%s.n%d", name, i))
		}
		return out
	}
	fields, _ := c.sub("properties")
	required, _ := c.s["required"].([]any)
	var keys []string
	for key := range fields.s {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	if c.number("maxProperties", 0) == 1 && rapid.IntRange(0, 20).Draw(t, name+" both") > 0 {
		keys = []string{rapid.SampledFrom(keys).Draw(t, name+" one")}
		required = []any{keys[0]}
	}
	for _, key := range keys {
		need := slices.Contains(required, any(key)) && rapid.IntRange(0, 60).Draw(t, name+"."+key+" left out") > 0
		if need || rapid.Bool().Draw(t, name+"."+key+" given") {
			f, _ := fields.sub(key)
			out[key] = f.draw(t, name+"."+key)
		}
	}
	return out
}

func schemaChecker(t testing.TB) checker {
	var s map[string]any
	if err := json.Unmarshal(Schema(), &s); err != nil {
		t.Fatal(err)
	}
	return checker{s}
}

// structure reports what the decoder alone has to say about a document.
func structure(t interface{ Fatal(...any) }, src []byte) Problems {
	root, problem := load(src)
	if problem != nil {
		t.Fatal(problem)
	}
	d := &decoder{patterns: make(map[string]*regexp.Regexp)}
	var raw given[rawTopology]
	d.decode(topologyForm(&raw), root, "")
	return d.problems
}

func TestSchemaAndDecoderAgree(t *testing.T) {
	schema := schemaChecker(t)
	var right, wrong int
	rapid.Check(t, func(t *rapid.T) {
		doc := schema.draw(t, "file")
		if m, ok := doc.(map[string]any); ok && rapid.IntRange(0, 20).Draw(t, "unknown") == 0 {
			m["surplus"] = "x"
		} else if doc == nil {
			return // an empty file has no structure
		}
		src, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		problems := structure(t, src)
		if want := schema.accepts(doc); want != (len(problems) == 0) {
			t.Fatalf("schema accepts: %v, decoder says: %v\n%s", want, problems, src)
		}
		if len(problems) == 0 {
			right++
		} else {
			wrong++
		}
	})
	if right < 3 || wrong < 3 {
		t.Errorf("%d right and %d wrong documents: the test shows nothing", right, wrong)
	}
}

func TestSchemaAcceptsExamples(t *testing.T) {
	schema := schemaChecker(t)
	files, _ := filepath.Glob("../../examples/*.yaml")
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var doc any
		if err := yaml.Load(src, &doc); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &doc); err != nil {
			t.Fatal(err)
		}
		if !schema.accepts(doc) {
			t.Errorf("the schema refuses %s", file)
		}
	}
}

// TestSchemaIsForEditors holds that everything an editor shows is there.
func TestSchemaIsForEditors(t *testing.T) {
	var walk func(path string, s map[string]any)
	walk = func(path string, s map[string]any) {
		fields, _ := s["properties"].(map[string]any)
		for key, f := range fields {
			f := f.(map[string]any)
			if d, _ := f["description"].(string); !strings.HasSuffix(d, ".") {
				t.Errorf("%s.%s: description %q", path, key, d)
			}
			walk(path+"."+key, f)
		}
		for _, key := range []string{"items", "additionalProperties"} {
			if inner, ok := s[key].(map[string]any); ok {
				walk(path, inner)
			}
		}
		alts, _ := s["anyOf"].([]any)
		for _, alt := range alts {
			walk(path, alt.(map[string]any))
		}
	}
	walk("", schemaChecker(t).s)
}

// TestSecretsStaySecret puts a secret where places of secrets belong, in every
// shape, and looks for it in the problems.
func TestSecretsStaySecret(t *testing.T) {
	const secret = "hunter2"
	rapid.Check(t, func(t *rapid.T) {
		var value any = rapid.SampledFrom([]string{secret, secret + "!", "x " + secret}).Draw(t, "secret")
		for range rapid.IntRange(0, 3).Draw(t, "depth") {
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0:
				value = []any{value, value}
			case 1:
				key := rapid.SampledFrom([]string{"env", "file", "secret", "value", "password", secret}).Draw(t, "key")
				value = map[string]any{key: value}
			case 2:
				value = map[string]any{secret: 1, "env": value}
			}
		}
		doc := map[string]any{
			"version":     1,
			"credentials": map[string]any{"user": "admin", "password": value},
			"segments":    map[string]any{"s": map[string]any{"tunnels": map[string]any{"ipsec": value}}},
			"services":    map[string]any{"w": map[string]any{"replication": map[string]any{"password": value}}},
		}
		src, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		_, problems := Parse("site.yaml", src)
		if strings.Contains(problems.Error(), secret) {
			t.Fatalf("%s\n%v", src, problems)
		}
	})
}
