package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// A checker is a second reading of the JSON Schema, to hold the decoder against.
type checker struct {
	s    map[string]any
	odds int // one in so many drawn values is wrong; zero means none
}

func (c checker) sub(key string) (checker, bool) {
	s, ok := c.s[key].(map[string]any)
	return checker{s, c.odds}, ok
}

func (c checker) number(key string, or float64) float64 {
	if n, ok := c.s[key].(float64); ok {
		return n
	}
	return or
}

func (c checker) accepts(v any) bool {
	if alts, ok := c.s["anyOf"].([]any); ok {
		return slices.ContainsFunc(alts, func(a any) bool { return checker{a.(map[string]any), c.odds}.accepts(v) })
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
	if c.wrong(t, name+" wrong", 1) {
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
			return checker{alt, c.odds}.draw(t, name)
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
	if c.number("maxProperties", 0) == 1 && !c.wrong(t, name+" both", 1) {
		keys = []string{rapid.SampledFrom(keys).Draw(t, name+" one")}
		required = []any{keys[0]}
	}
	for _, key := range keys {
		need := slices.Contains(required, any(key)) && !c.wrong(t, name+"."+key+" left out", 2)
		if need || rapid.Bool().Draw(t, name+"."+key+" given") {
			f, _ := fields.sub(key)
			out[key] = f.draw(t, name+"."+key)
		}
	}
	return out
}

// wrong draws whether to make a mistake, times less often than the odds.
func (c checker) wrong(t *rapid.T, name string, times int) bool {
	return c.odds > 0 && rapid.IntRange(1, c.odds*times).Draw(t, name) == c.odds
}
