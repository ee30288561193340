package spec

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"
)

func schemaChecker(t testing.TB) checker {
	var s map[string]any
	if err := json.Unmarshal(Schema(), &s); err != nil {
		t.Fatal(err)
	}
	return checker{s: s}
}

// structure reports what the decoder alone has to say about a document.
func structure(t interface{ Fatal(args ...any) }, src []byte) Problems {
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
		schema := schema
		schema.odds = rapid.SampledFrom([]int{0, 20, 100}).Draw(t, "odds")
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
	t.Logf("%d right, %d wrong", right, wrong)
	if right+wrong >= 50 && (right < 5 || wrong < 5) {
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
