package audit

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Field is one property of a row.
type Field struct {
	Name, Value string
	// None is a property that is switched off ("!keepalive").
	None bool
}

// A Row is one object of a router. Secrets in it have been sealed.
type Row struct {
	Line   int // in the export; zero when it was read live
	Fields []Field
	// absent is what a property means that is not there.
	absent map[string]string
}

// Get returns a property, or what its absence means.
func (r *Row) Get(name string) string {
	for i := range r.Fields {
		if r.Fields[i].Name == name {
			return r.Fields[i].Value
		}
	}
	return r.absent[name]
}

// Has reports whether the row itself says what the property is.
func (r *Row) Has(name string) bool {
	return slices.ContainsFunc(r.Fields, func(f Field) bool { return f.Name == name && !f.None })
}

// Is reports whether a boolean property is set.
func (r *Row) Is(name string) bool {
	v := r.Get(name)
	return v == "true" || v == "yes"
}

// Off reports whether the object is disabled, or made by the router itself.
func (r *Row) Off() bool { return r.Is("disabled") }

// Int returns a number, zero when it is none.
func (r *Row) Int(name string) int {
	n, err := strconv.ParseInt(r.Get(name), 0, 64)
	if err != nil {
		return 0
	}
	return int(n)
}

// List returns the words of a value that commas separate.
func (r *Row) List(name string) []string {
	v := r.Get(name)
	if v == "" {
		return nil
	}
	return strings.Split(v, ",")
}

// label is how people find the row: its name, or what it is about.
func (r *Row) label() string {
	for _, name := range []string{"name", "interface", "address", "numbers", "host"} {
		if v := r.Get(name); v != "" {
			return v
		}
	}
	if v := r.Get("comment"); v != "" {
		return v
	}
	return r.Get(".id")
}

// duration reads a RouterOS time: "10s", "1m30s", "100ms", "00:00:10" or a bare
// number of seconds; ok is false for anything else.
func duration(s string) (d time.Duration, ok bool) {
	if h, rest, clock := strings.Cut(s, ":"); clock {
		m, sec, _ := strings.Cut(rest, ":")
		var total time.Duration
		for i, part := range []string{h, m, sec} {
			n, err := strconv.ParseFloat(part, 64)
			if err != nil || n < 0 || n > 1e6 {
				return 0, false
			}
			total += time.Duration(n * float64([]time.Duration{time.Hour, time.Minute, time.Second}[i]))
		}
		return total, true
	}
	if n, err := strconv.ParseUint(s, 10, 31); err == nil {
		return time.Duration(n) * time.Second, true
	}
	s = strings.NewReplacer("w", "*168h", "d", "*24h").Replace(s)
	if !strings.Contains(s, "*") {
		d, err := time.ParseDuration(s)
		return d, err == nil && d >= 0
	}
	return longDuration(s)
}

// longDuration reads "1*168h2*24h3h", weeks and days as hours.
func longDuration(s string) (time.Duration, bool) {
	var total time.Duration
	for strings.Contains(s, "*") {
		n, rest, _ := strings.Cut(s, "*")
		count, err := strconv.ParseUint(n, 10, 16)
		if err != nil {
			return 0, false
		}
		size := 24 * time.Hour
		if strings.HasPrefix(rest, "168h") {
			size *= 7
		}
		total += time.Duration(count) * size
		s = rest[strings.Index(rest, "h")+1:]
	}
	if s == "" {
		return total, true
	}
	d, err := time.ParseDuration(s)
	return total + d, err == nil && d >= 0
}
