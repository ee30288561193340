package plan_test

import (
	"bytes"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"jembatan/tunnel"
	"jembatan/tunnel/plan"
	"jembatan/tunnel/spec"
)

// TestStories plays the files of testdata: topologies, what happens to the
// routers, and what the plan then says. Rewrite them with -rewrite and read the
// diff.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		s := &story{}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			out, err := s.command(t, d)
			if err != nil {
				return "error: " + err.Error() + "\n"
			}
			return out
		})
	})
}

// A story is a topology and its pretended routers.
type story struct {
	topology *tunnel.Topology
	net      *network
}

func (s *story) command(t *testing.T, d *datadriven.TestData) (string, error) {
	switch d.Cmd {
	case "topology":
		topology, problems := spec.Parse("site.yaml", []byte(d.Input))
		if err := problems.Err(); err != nil {
			return "", err
		}
		s.topology = topology
		if s.net == nil {
			s.net = newNetwork(topology)
		}
		s.net.grow(topology)
		return "", nil
	case "plan":
		p, err := s.plan(d)
		if err != nil {
			return "", err
		}
		return p.Text(plan.Style{}), nil
	case "apply":
		p, err := s.plan(d)
		if err != nil {
			return "", err
		}
		if err := s.net.carry(p); err != nil {
			return "", err
		}
		again, err := s.plan(d)
		if err != nil {
			return "", err
		}
		c := p.Counts()
		return fmt.Sprintf("added %d, changed %d, removed %d; then: %s", c.Add, c.Set, c.Remove, lastLine(again.Text(plan.Style{}))), nil
	case "order":
		p, err := s.plan(d)
		if err != nil {
			return "", err
		}
		return order(p), nil
	case "edit", "delete", "insert":
		return "", s.byHand(t, d)
	case "unread":
		var router string
		d.ScanArgs(t, "router", &router)
		s.net.routers[router].observed.Unread = strings.TrimSpace(d.Input)
		return "", nil
	}
	return "", fmt.Errorf("no such command %q", d.Cmd)
}

func (s *story) plan(d *datadriven.TestData) (*plan.Plan, error) {
	in := plan.Input{
		Topology: s.topology, Observed: s.net.observed(), Tokens: map[tunnel.SecretRef]string{},
		Destroy: d.HasArg("destroy"),
	}
	for _, seg := range s.topology.Segments {
		in.Tokens[seg.Tunnels.IPsec] = token(seg.Tunnels.IPsec)
	}
	for _, arg := range d.CmdArgs {
		if arg.Key == "prune" {
			in.Prune = arg.Vals
		}
	}
	p, err := plan.Diff(in)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := plan.Encode(&b, p); err != nil {
		return nil, err
	}
	return plan.Decode(&b) // What is shown and carried out has been through a file.
}

// byHand changes a pretended router: "router menu key" and properties, one a line.
func (s *story) byHand(t *testing.T, d *datadriven.TestData) error {
	var router, menu, key string
	d.ScanArgs(t, "router", &router)
	d.ScanArgs(t, "menu", &menu)
	p := s.net.routers[router]
	props := map[string]string{}
	for line := range strings.Lines(d.Input) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		props[name] = value
	}
	if d.Cmd == "insert" {
		p.add(menu, props)
		return nil
	}
	d.ScanArgs(t, "key", &key)
	row := p.find(menu, key)
	if row == nil {
		return fmt.Errorf("no row %q", key)
	}
	if d.Cmd == "delete" {
		return p.do(&plan.Step{Op: plan.Remove, Menu: menu, ID: row.ID()})
	}
	maps.Copy(row, props)
	return nil
}

// order lists the steps of a plan in the order in which they are done.
func order(p *plan.Plan) string {
	var b strings.Builder
	for _, u := range p.Units {
		fmt.Fprintf(&b, "%s after %v\n", u.Name, u.After)
		for _, s := range u.Steps {
			fmt.Fprintf(&b, "  %s %s %s %s\n", s.Phase, s.Router, s.Op, s.Name)
		}
	}
	return b.String()
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1] + "\n"
}
