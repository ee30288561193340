package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"jembatan/routeros"
)

type buffer = bytes.Buffer

// rosEdit ROUTERS ROUTER MENU NAME PROPERTY=VALUE... edits an emulated router by
// hand: ROUTERS is what emulate printed.
func rosEdit(ts *testscript.TestScript, _ bool, args []string) {
	onRouter(ts, args, func(ctx context.Context, s *routeros.Session) error {
		return routeros.Update(ctx, s, args[2], []string{args[3]}, fields(args[4:]))
	})
}

// rosAdd ROUTERS ROUTER MENU PROPERTY=VALUE... adds an object by hand.
func rosAdd(ts *testscript.TestScript, _ bool, args []string) {
	onRouter(ts, args, func(ctx context.Context, s *routeros.Session) error {
		_, err := routeros.Create(ctx, s, args[2], fields(args[3:]))
		return err
	})
}

// rosDel ROUTERS ROUTER MENU NAME removes an object by hand; negated, it expects
// that there is none.
func rosDel(ts *testscript.TestScript, neg bool, args []string) {
	onRouter(ts, args, func(ctx context.Context, s *routeros.Session) error {
		rows, err := routeros.Print(ctx, s, args[2], []string{".id"}, "?name="+args[3])
		if err != nil {
			return err
		}
		if neg != (len(rows) == 0) {
			return fmt.Errorf("%d rows named %s in %s", len(rows), args[3], args[2])
		}
		for _, row := range rows {
			err = errors.Join(err, routeros.Delete(ctx, s, args[2], row.ID()))
		}
		return err
	})
}

func fields(pairs []string) routeros.Fields {
	var f routeros.Fields
	for _, a := range pairs {
		name, value, _ := strings.Cut(a, "=")
		f = f.With(name, value)
	}
	return f
}

// onRouter logs in to the router args[1] of the file args[0].
func onRouter(ts *testscript.TestScript, args []string, do func(context.Context, *routeros.Session) error) {
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
	ts.Check(do(ctx, s))
}
