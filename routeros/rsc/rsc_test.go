package rsc_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"jembatan/routeros/rsc"
)

// TestStories reads the texts of testdata/stories and prints what was
// understood: "parse" the items and problems, "rows" the rows of a menu,
// "render" the script written back. In the texts "→" is a tab and "¶" before a
// line's end a carriage return.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			text := strings.NewReplacer("→", "\t", "¶\n", "\r\n").Replace(d.Input + "\n")
			if d.HasArg("cut") {
				text = strings.TrimRight(text, "\n")
			}
			s := rsc.Parse(text)
			var b strings.Builder
			switch d.Cmd {
			case "parse":
				describe(&b, s)
			case "rows":
				var menu string
				d.ScanArgs(t, "menu", &menu)
				for _, r := range s.Rows(menu) {
					fmt.Fprintf(&b, "%d-%d %s %v\n", r.Line, r.Last, r.Verb, r.Fields)
				}
			case "render":
				if err := rsc.Render(&b, s.Items, rsc.RenderOptions{Terse: d.HasArg("terse"), Header: []string{"by hand"}}); err != nil {
					t.Fatal(err)
				}
				again := rsc.Parse(b.String())
				if diff := cmp.Diff(bare(s.Items), bare(again.Items)); diff != "" {
					t.Errorf("parse of render differs (-want +got):\n%s", diff)
				}
			default:
				t.Fatalf("unknown command %s", d.Cmd)
			}
			return b.String()
		})
	})
}

func describe(b *strings.Builder, s *rsc.Script) {
	if s.Header != (rsc.Header{}) {
		fmt.Fprintf(b, "header %+v\n", s.Header)
	}
	fmt.Fprintf(b, "scope %q verbose %t sensitive %t lines %d\n", s.Scope(), s.Verbose, s.Sensitive, s.Lines)
	for i := range s.Items {
		it := &s.Items[i]
		fmt.Fprintf(b, "%d-%d %s %s", it.Line, it.Last, it.Menu, it.Verb)
		if it.ByFind {
			fmt.Fprintf(b, " find%v", it.Find)
		}
		if it.Target != "" {
			fmt.Fprintf(b, " target=%q", it.Target)
		}
		fmt.Fprintf(b, " %v", it.Properties)
		if len(it.Notes) > 0 {
			fmt.Fprintf(b, " notes=%q", it.Notes)
		}
		b.WriteByte('\n')
	}
	if s.Code != 0 {
		fmt.Fprintln(b, "code at line", s.Code)
	}
	if entered := s.Entered(); !slices.Equal(entered, s.Menus()) {
		fmt.Fprintln(b, "entered", entered)
	}
	for _, p := range s.Problems {
		fmt.Fprintln(b, "problem", p)
	}
}

// bare are items without their places.
func bare(items []rsc.Item) []rsc.Item {
	out := make([]rsc.Item, len(items))
	for i, it := range items {
		it.Line, it.Last = 0, 0
		it.Notes = nil
		if len(it.Properties) == 0 {
			it.Properties = nil
		}
		out[i] = it
	}
	return out
}

// FuzzParse asks that nothing panics, that lines are inside of the text, and
// that what was read survives being written.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"/interface eoip\nadd name=a remote-address=\\\n    192.0.2.1 tunnel-id=1 !keepalive\n",
		"/ip/service/set telnet disabled=yes; set [ find name=\"w w\" ] port=1\n",
		"add comment=\"a\\\"\\D0\\_b\" x={a;\nb} y=[:put \"]\"]\n/a b c add \\",
		"# jan/02/1970 00:43:31 by RouterOS 6.42.7\r\n# model = X\r\n/ppp profile\r\nset *FFFFFFFE a=b\r\n",
		"/routing bgp connection\nadd local.role=ebgp .as=1 remote.address=192.0.2.1 .port=179\n",
		":global a 1\n{ :put 1 }\n[find]\n(1+2)\n\"q\"\n=b\n!x\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := rsc.Parse(text)
		for i := range s.Items {
			if it := &s.Items[i]; it.Line < 1 || it.Last < it.Line || it.Last > s.Lines+1 {
				t.Fatalf("item at lines %d to %d of %d", it.Line, it.Last, s.Lines)
			}
			s.Rows(s.Items[i].Menu)
			if i > 20 {
				break
			}
		}
		for _, opts := range []rsc.RenderOptions{{}, {Terse: true}} {
			var b bytes.Buffer
			if err := rsc.Render(&b, s.Items, opts); err != nil {
				t.Fatal(err)
			}
			again := rsc.Parse(b.String())
			if len(again.Problems) > 0 {
				t.Fatalf("rendered %q: %v", b.String(), again.Problems)
			}
			if again.Code != 0 {
				t.Fatalf("rendered %q: line %d has code", b.String(), again.Code)
			}
			if diff := cmp.Diff(bare(s.Items), bare(again.Items)); diff != "" {
				t.Fatalf("rendered %q: (-want +got)\n%s", b.String(), diff)
			}
		}
	})
}

// TestRenderThenParse writes made-up items and reads them again.
func TestRenderThenParse(t *testing.T) {
	name := rapid.StringMatching(`[a-z][a-z0-9.-]{0,12}[a-z]`).Filter(func(s string) bool { return !strings.Contains(s, "..") })
	rapid.Check(t, func(t *rapid.T) {
		var items []rsc.Item
		for range rapid.IntRange(0, 8).Draw(t, "items") {
			it := rsc.Item{Menu: "/" + rapid.SampledFrom([]string{"interface/eoip", "ip/address", "system/script", "user"}).Draw(t, "menu"), Verb: "set"}
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				it.Verb = "add"
			case 1:
				it.Target = rapid.StringN(1, 10, -1).Draw(t, "target")
			case 2:
				it.ByFind = true
				it.Find = []rsc.Property{{Name: name.Draw(t, "find"), Value: rapid.String().Draw(t, "value")}}
			}
			for range rapid.IntRange(0, 12).Draw(t, "properties") {
				p := rsc.Property{Name: name.Draw(t, "name"), Value: rapid.String().Draw(t, "value")}
				if rapid.Bool().Draw(t, "none") {
					p.None, p.Value = true, ""
				}
				it.Properties = append(it.Properties, p)
			}
			items = append(items, it)
		}
		for _, opts := range []rsc.RenderOptions{{}, {Terse: true}, {Header: []string{"2026-01-02 03:04:05 by RouterOS 7.16"}}} {
			var b strings.Builder
			if err := rsc.Render(&b, items, opts); err != nil {
				t.Fatal(err)
			}
			s := rsc.Parse(b.String())
			if len(s.Problems) > 0 {
				t.Fatalf("%v in\n%s", s.Problems, b.String())
			}
			if diff := cmp.Diff(bare(items), bare(s.Items)); diff != "" {
				t.Fatalf("(-want +got)\n%s\nin\n%s", diff, b.String())
			}
		}
	})
}

func TestDecode(t *testing.T) {
	utf16le := []byte{0xFF, 0xFE, '#', 0, ' ', 0, 0x16, 0x04}
	for _, c := range []struct {
		in   []byte
		want string
		enc  rsc.Encoding
	}{
		{[]byte("plain"), "plain", rsc.UTF8},
		{[]byte("\xEF\xBB\xBFmarked"), "marked", rsc.UTF8},
		{utf16le, "# Ж", rsc.UTF16},
		{utf16le[2:], "# Ж", rsc.UTF16},
		{[]byte{0xFE, 0xFF, 0, '#', 0x04, 0x16}, "#Ж", rsc.UTF16},
		{[]byte("comment=\"\xCF\xF0\xE8\""), "comment=\"При\"", rsc.Windows1251},
	} {
		got, enc, err := rsc.Decode(c.in)
		if err != nil || got != c.want || enc != c.enc {
			t.Errorf("Decode(%q) = %q, %v, %v, want %q, %v", c.in, got, enc, err, c.want, c.enc)
		}
	}
	for _, in := range [][]byte{{0x7F, 'E', 'L', 'F', 0, 0, 0, 1}, append(bytes.Repeat([]byte("x"), 5000), 0)} {
		if _, _, err := rsc.Decode(in); err == nil {
			t.Errorf("Decode(%q…) took a binary", in[:4])
		}
	}
}

func TestLimits(t *testing.T) {
	if s := rsc.Parse(strings.Repeat("#", rsc.MaxBytes+1)); len(s.Problems) != 1 || s.Problems[0].Line != 0 {
		t.Errorf("too large a text: %v", s.Problems)
	}
	many := "/ip address\n" + strings.Repeat("add\n", rsc.MaxItems+2)
	if s := rsc.Parse(many); len(s.Items) != rsc.MaxItems || len(s.Problems) != 1 {
		t.Errorf("%d items, %v", len(s.Items), s.Problems)
	}
	if s := rsc.Parse("/a\nadd" + strings.Repeat(" a=b", rsc.MaxProperties+1) + "\n"); len(s.Items) != 0 || len(s.Problems) != 1 {
		t.Errorf("%d items, %v", len(s.Items), s.Problems)
	}
	if s := rsc.Parse(strings.Repeat("(\n", rsc.MaxProblems+7)); len(s.Problems) != rsc.MaxProblems || s.More != 7 {
		t.Errorf("%d problems and %d more", len(s.Problems), s.More)
	}
}
