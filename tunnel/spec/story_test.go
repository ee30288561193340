package spec

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// TestStories runs testdata/*.txt. Commands:
//
//	parse    the input is a topology file
//	edit     the input is a list of "old ==> new" edits of testdata/base.yaml,
//	         each of which fits exactly one place and may hold \n
//	raw      the input is a quoted Go string that holds a topology file
//
// Each prints the problems, or "fine".
func TestStories(t *testing.T) {
	base, err := os.ReadFile("testdata/base.yaml")
	if err != nil {
		t.Fatal(err)
	}
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "parse":
				return outcome(d.Input + "\n")
			case "edit":
				return outcome(edit(t, d, string(base)))
			case "raw":
				src, err := strconv.Unquote(strings.TrimSpace(d.Input))
				if err != nil {
					d.Fatalf(t, "%v", err)
				}
				return outcome(src)
			}
			d.Fatalf(t, "no command %q", d.Cmd)
			return ""
		})
	})
}

func outcome(src string) string {
	topology, problems := Parse("site.yaml", []byte(src))
	switch {
	case (topology == nil) == (len(problems) == 0):
		return fmt.Sprintf("topology %v with %d problems\n", topology != nil, len(problems))
	case len(problems) == 0:
		return "fine\n"
	}
	return problems.Error() + "\n"
}

func edit(t *testing.T, d *datadriven.TestData, src string) string {
	for line := range strings.SplitSeq(d.Input, "\n") {
		old, change, ok := strings.Cut(line+" ", " ==> ")
		old, change = unescape(old), unescape(change)
		if !ok || strings.Count(src, old) != 1 {
			d.Fatalf(t, "%q fits %d places", old, strings.Count(src, old))
		}
		src = strings.Replace(src, old, change, 1)
	}
	return src
}

func unescape(s string) string { return strings.ReplaceAll(strings.TrimSuffix(s, " "), `\n`, "\n") }
