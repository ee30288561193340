package report

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the reference pages and golden files anew")

// TestReferenceIsFresh compares the pages in docs/reference with the code.
func TestReferenceIsFresh(t *testing.T) {
	for name, want := range Reference(comments(t)) {
		golden(t, filepath.Join("..", "..", "docs", "reference", name), []byte(want))
	}
}

// comments reads what the source of the audit says about the fields of its
// types.
func comments(t *testing.T) About {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "tunnel", "audit", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			structure, ok := spec.Type.(*ast.StructType)
			if !ok {
				return false
			}
			for _, field := range structure.Fields.List {
				text := strings.TrimSpace(field.Doc.Text() + " " + field.Comment.Text())
				for _, name := range field.Names {
					said[spec.Name.Name+"."+name.Name] = strings.Join(strings.Fields(text), " ")
				}
			}
			return false
		})
	}
	return func(typ, field string) string { return said[typ+"."+field] }
}

// golden compares with a file, or writes it.
func golden(t *testing.T, file string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s is stale, run make docs (-want +got):\n%s", file, d)
	}
}
