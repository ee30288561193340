package main

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"jembatan/routeros"
)

type buffer = bytes.Buffer

// rosEdit ROUTERS ROUTER MENU NAME PROPERTY=VALUE... edits an emulated router by
// hand: ROUTERS is what emulate printed.
func rosEdit(ts *testscript.TestScript, _ bool, args []string) {
	address := ""
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var l struct{ Router, API string }
		ts.Check(json.Unmarshal([]byte(line), &l))
		if l.Router == args[1] {
			address = l.API
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	s, err := routeros.Dial(ctx, address, routeros.Options{User: "admin"})
	ts.Check(err)
	defer s.Close()
	var fields routeros.Fields
	for _, a := range args[4:] {
		name, value, _ := strings.Cut(a, "=")
		fields = fields.With(name, value)
	}
	ts.Check(routeros.Update(ctx, s, args[2], []string{args[3]}, fields))
}

