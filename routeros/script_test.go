package routeros_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jembatan/routeros"
)

func TestScripts(t *testing.T) {
	r := &recorder{replies: []routeros.Reply{{Done: routeros.NewRow("ret", "FO-OK\n")}, {}}}
	out, err := routeros.Execute(t.Context(), r, `:put "FO-OK"`)
	if out != "FO-OK\n" || err != nil {
		t.Errorf("%q, %v", out, err)
	}
	if err := routeros.RunScript(t.Context(), r, "fo-switch"); err != nil {
		t.Error(err)
	}
	want := []routeros.Fields{
		routeros.FieldsOf("script", `:put "FO-OK"`, "as-string", ""),
		routeros.FieldsOf("number", "fo-switch"),
	}
	for i, req := range r.requests {
		if diff := cmp.Diff(want[i], req.Fields); diff != "" {
			t.Errorf("%s: %s", req.Path, diff)
		}
	}
	if _, err := routeros.Execute(t.Context(), r, strings.Repeat("x", 64<<10+1)); !errors.Is(err, routeros.ErrBadRequest) {
		t.Error(err)
	}
	if got := r.requests[0].String(); got != "/execute =script=[script, 12 bytes] =as-string=" {
		t.Error(got)
	}
}
