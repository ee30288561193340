package spec

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the generated reference page")

const referenceFile = "../../docs/reference/topology.md"

func TestReferenceIsFresh(t *testing.T) {
	want := Reference()
	if *update {
		if err := os.WriteFile(referenceFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is stale; run go test ./tunnel/spec -run Reference -update\n%s",
			referenceFile, cmp.Diff(string(want), string(got)))
	}
}
