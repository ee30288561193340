package adopt_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"jembatan/tunnel"
	"jembatan/tunnel/adopt"
	"jembatan/tunnel/plan"
	"jembatan/tunnel/spec"
)

// TestStories plays the files of testdata. Commands:
//
//	router where=W [identity=I] [time=YYYY-MM-DD] [live]   the input are rows: a menu below /interface, or
//	                                                      address, and properties separated by ", "
//	import                                                prints the topology of the routers since the last import
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		var sources []adopt.Source
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "router":
				sources = append(sources, storySource(t, d))
				return ""
			case "import":
				top, notes := adopt.From(sources)
				sources = nil
				src, err := spec.Encode(top, comments(notes))
				if err != nil {
					return err.Error() + "\n"
				}
				_, problems := spec.Parse("site.yaml", src)
				return string(src) + problems.Error()
			}
			d.Fatalf(t, "no command %q", d.Cmd)
			return ""
		})
	})
}

func storySource(t *testing.T, d *datadriven.TestData) adopt.Source {
	var where, identity, date string
	d.ScanArgs(t, "where", &where)
	d.MaybeScanArgs(t, "identity", &identity)
	src := adopt.Source{
		Where: where, Name: where, Live: d.HasArg("live"), Credentials: tunnel.Credentials{User: "jembatan"},
		Observed: &plan.Observed{Router: where, Identity: identity, Menus: map[string][]plan.Row{}},
	}
	if src.Live {
		src.Address = where + ":8729"
	}
	if d.MaybeScanArgs(t, "time", &date) {
		at, err := time.Parse(time.DateOnly, date)
		if err != nil {
			t.Fatal(err)
		}
		src.Time = at
	}
	for i, line := range strings.Split(d.Input, "\n") {
		menu, rest, ok := strings.Cut(line, " ")
		if !ok {
			continue
		}
		path := "/interface/" + menu
		if menu == "address" {
			path = plan.MenuAddress
		}
		row := plan.Row{".id": fmt.Sprintf("*%d", i+1)}
		for pair := range strings.SplitSeq(rest, ", ") {
			name, value, _ := strings.Cut(pair, "=")
			row[name] = value
		}
		src.Observed.Menus[path] = append(src.Observed.Menus[path], row)
	}
	return src
}
