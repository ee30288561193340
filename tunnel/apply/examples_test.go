package apply_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestExamples applies every example: the second time nothing changes, and
// destroy leaves what was there before.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "examples", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for i, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		version := []string{"6.49.10", "7.24", "7.10.2"}[i%3]
		t.Run(filepath.Base(file)+" on "+version, func(t *testing.T) {
			onBench(t, version, string(src), func(b *bench) {
				before := b.exports()
				b.settled()
				b.destroy()
				if d := cmp.Diff(before, b.exports()); d != "" {
					b.Errorf("(-want +got):\n%s", d)
				}
			})
		})
	}
}
