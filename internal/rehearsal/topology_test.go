//go:build linux

package rehearsal

import (
	"testing"

	"jembatan/tunnel/spec"
)

// TestVariants parses the topology of every scenario.
func TestVariants(t *testing.T) {
	for _, s := range Table(Durations{}) {
		source, err := s.Variant.Source()
		if err != nil {
			t.Fatal(s.Name, err)
		}
		if _, problems := spec.Parse(s.Name, source); problems.Err() != nil {
			t.Errorf("%s: %v", s.Name, problems.Err())
		}
	}
}
