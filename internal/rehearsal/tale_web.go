//go:build linux

package rehearsal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"jembatan/failover"
	"jembatan/failover/runner"
	"jembatan/health"
	"jembatan/internal/lab"
	"jembatan/internal/load"
	"jembatan/tunnel/spec"
)

// webOnly takes the database out of a topology of Variant.Source.
func webOnly(source []byte) []byte {
	var out []string
	inside := false // the replication
	for line := range strings.Lines(string(source)) {
		switch text := strings.TrimSpace(line); {
		case text == "replication:":
			inside = true
		case text == "switch:":
			inside = false
		}
		if inside || strings.Contains(line, "- {type: ") && strings.Contains(line, "3306") {
			continue
		}
		out = append(out, strings.Replace(line, "ports: [80, 3306]", "ports: [80]", 1))
	}
	return []byte(strings.Join(out, ""))
}

// prepareWeb is prepare for servers without a database.
func prepareWeb(ctx context.Context, name string, v Variant, o Options) (g *ground, err error) {
	source, err := v.Source()
	if err != nil {
		return nil, err
	}
	source = webOnly(source)
	g = &ground{log: &bytes.Buffer{}}
	var problems spec.Problems
	if g.topology, problems = spec.Parse(name, source); problems.Err() != nil {
		return nil, problems.Err()
	}
	g.of = &g.topology.Services[0]
	if g.dir, err = os.MkdirTemp("", "rehearsal"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			g.keep(o.Trace)
			err = errors.Join(err, g.end(), fmt.Errorf("its lab: %s", g.log))
			g = nil
		}
	}()
	g.lab, err = lab.Start(ctx, lab.Options{
		Name: fmt.Sprintf("rehearsal-%d-%s", os.Getpid(), filepath.Base(g.dir)), File: name, Source: source,
		Secrets: map[string]string{"env:JEMBATAN_PASSWORD": "secret"}, Clients: 2, Controller: "mlg", Log: g.log,
	})
	if err != nil {
		return g, err
	}
	inside, err := g.provision(ctx, source, o.Binary)
	if err != nil {
		return g, err
	}
	g.control = startController(ctx, g.lab.Client, g.of.Name, o.Binary, inside, g.dir)
	main := g.of.Servers[0].Name
	if err = g.control.await(ctx, "first state", firstState, func(s runner.Status) bool {
		return s.Phase == failover.Normal && s.Active == main && s.Move == nil && len(s.Owed)+len(s.Degraded)+len(s.Blocked) == 0 &&
			!slices.ContainsFunc(s.Servers, func(one runner.ServerStatus) bool { return one.Health.Verdict != health.Healthy })
	}); err != nil {
		return g, err
	}
	g.clients = &clients{pages: map[string]*lab.Watch{}, writers: map[string]*lab.Watch{}}
	for _, p := range g.publics() {
		g.clients.pages[p.name], err = g.lab.Watch(ctx, p.pages, load.Options{URL: "http://" + p.address + "/", Every: o.Every, Timeout: pageTimeout})
		if err != nil {
			return g, err
		}
	}
	return g, served(ctx, g.clients.pages)
}
