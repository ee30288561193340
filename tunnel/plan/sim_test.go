package plan_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"jembatan/tunnel"
	"jembatan/tunnel/plan"
)

// A network is a set of pretended routers: tables of rows, and nothing else. It
// carries plans out the way that tunnel/apply does, without failing.
type network struct {
	routers map[string]*pretended
	order   []string
}

type pretended struct {
	observed *plan.Observed
	next     int
}

// newNetwork makes every router of a topology with its uplink addresses and
// five ethernet ports.
func newNetwork(t *tunnel.Topology) *network {
	n := &network{routers: map[string]*pretended{}}
	n.grow(t)
	return n
}

// grow adds the routers of a topology that the network does not have yet.
func (n *network) grow(t *tunnel.Topology) {
	for _, r := range t.Routers {
		if n.routers[r.Name] != nil {
			continue
		}
		p := &pretended{observed: &plan.Observed{
			Router: r.Name, Identity: r.Name, Version: "7.16.1 (stable)", Menus: map[string][]plan.Row{},
		}}
		for i := range 5 {
			p.add(plan.MenuInterface, map[string]string{"name": fmt.Sprintf("ether%d", i+1), "type": "ether", "running": "true"})
		}
		for _, u := range r.Uplinks {
			p.add(plan.MenuAddress, map[string]string{"address": u.Address.String() + "/24", "interface": "ether1"})
		}
		n.routers[r.Name] = p
		n.order = append(n.order, r.Name)
	}
}

func (p *pretended) add(menu string, props map[string]string) {
	p.next++
	row := plan.Row(maps.Clone(props))
	row[".id"] = fmt.Sprintf("*%X", p.next)
	rows := p.observed.Menus[menu]
	at := slices.IndexFunc(rows, func(r plan.Row) bool { return r.ID() == row["place-before"] })
	if at < 0 {
		at = len(rows)
	}
	delete(row, "place-before")
	p.observed.Menus[menu] = slices.Insert(rows, at, row)
}

// find returns the row of a menu with that id, comment, name or interface.
func (p *pretended) find(menu, key string) plan.Row {
	for _, row := range p.observed.Menus[menu] {
		if row.ID() == key || row["comment"] == key || row["name"] == key || row["interface"] == key {
			return row
		}
	}
	return nil
}

func (n *network) observed() []*plan.Observed {
	var out []*plan.Observed
	for _, name := range n.order {
		out = append(out, n.routers[name].observed)
	}
	return out
}

// carry does every step of a plan.
func (n *network) carry(p *plan.Plan) error {
	for _, u := range p.Units {
		for _, phase := range []plan.Phase{plan.Prepare, plan.Commit} {
			for _, s := range u.Steps {
				if s.Phase != phase {
					continue
				}
				if err := n.routers[s.Router].do(&s); err != nil {
					return fmt.Errorf("%s: %s %s %s on %s: %w", u.Name, s.Op, s.Menu, s.Name, s.Router, err)
				}
			}
		}
	}
	return nil
}

var errNoItem = errors.New("no such item")

// do does one step, refusing what a router would refuse.
func (p *pretended) do(s *plan.Step) error {
	switch s.Op {
	case plan.Add:
		if err := p.refuse(s); err != nil {
			return err
		}
		props := maps.Clone(s.Want)
		for name, ref := range s.Secrets {
			props[name] = token(ref.Ref())
		}
		if s.Menu == plan.MenuEoIP && props["keepalive"] == "" && !slices.Contains(s.Unset, "keepalive") {
			props["keepalive"] = "10s,10" // RouterOS's default.
		}
		p.add(s.Menu, props)
		return nil
	case plan.Set:
		return p.set(s)
	case plan.Remove:
		before := len(p.observed.Menus[s.Menu])
		p.observed.Menus[s.Menu] = slices.DeleteFunc(p.observed.Menus[s.Menu], func(r plan.Row) bool { return r.ID() == s.ID })
		if len(p.observed.Menus[s.Menu]) == before {
			return errNoItem
		}
		return nil
	case plan.OpUnknown:
	}
	return errors.New("unknown operation")
}

func (p *pretended) set(s *plan.Step) error {
	key := s.ID
	if key == "" {
		key = s.Mark
	}
	row := p.find(s.Menu, key)
	if row == nil {
		return errNoItem
	}
	if renamed, ok := s.Want["name"]; ok {
		p.rename(row["name"], renamed)
	}
	maps.Copy(row, s.Want)
	for _, name := range s.Unset {
		delete(row, name)
	}
	for name, ref := range s.Secrets {
		row[name] = token(ref.Ref())
	}
	return nil
}

// refuse says what a router says to a name used twice, a reference to nothing,
// and an interface in two places.
func (p *pretended) refuse(s *plan.Step) error {
	if name := s.Want["name"]; name != "" && p.interfaceExists(name) {
		return errors.New("already have interface with such name")
	}
	if before := s.Want["place-before"]; before != "" && p.find(s.Menu, before) == nil {
		return errNoItem
	}
	if s.Menu == plan.MenuVRRP && p.find(plan.MenuBridge, s.Want["interface"]) == nil || s.Menu == plan.MenuAddress && p.find(plan.MenuVRRP, s.Want["interface"]) == nil {
		return errors.New("input does not match any value of interface")
	}
	if s.Menu == plan.MenuBridgePort {
		if p.find(plan.MenuBridge, s.Want["bridge"]) == nil || !p.interfaceExists(s.Want["interface"]) {
			return errors.New("input does not match any value of interface")
		}
		if p.find(plan.MenuBridgePort, s.Want["interface"]) != nil {
			return errors.New("device already added as bridge port")
		}
	}
	for slave := range strings.SplitSeq(s.Want["slaves"], ",") {
		if slave == "" {
			continue
		}
		if !p.interfaceExists(slave) {
			return errors.New("input does not match any value of slaves")
		}
		if p.find(plan.MenuBridgePort, slave) != nil {
			return errors.New("device already added as bridge port")
		}
	}
	return nil
}

func (p *pretended) interfaceExists(name string) bool {
	for _, menu := range []string{plan.MenuInterface, plan.MenuBridge, plan.MenuEoIP, plan.MenuBonding, plan.MenuVRRP} {
		for _, row := range p.observed.Menus[menu] {
			if row["name"] == name {
				return true
			}
		}
	}
	return false
}

// rename follows a new name to where it is referred to, as RouterOS does.
func (p *pretended) rename(from, to string) {
	for _, rows := range p.observed.Menus {
		for _, row := range rows {
			for _, prop := range []string{"interface", "bridge", "primary"} {
				if row[prop] == from {
					row[prop] = to
				}
			}
			if slaves, ok := row["slaves"]; ok {
				parts := strings.Split(slaves, ",")
				for i := range parts {
					if parts[i] == from {
						parts[i] = to
					}
				}
				row["slaves"] = strings.Join(parts, ",")
			}
		}
	}
}

// state prints everything that the routers have, ids left out.
func (n *network) state() string {
	var lines []string
	for _, name := range n.order {
		for menu, rows := range n.routers[name].observed.Menus {
			for _, row := range rows {
				var props []string
				for k, v := range row {
					if k != ".id" {
						props = append(props, k+"="+v)
					}
				}
				slices.Sort(props)
				lines = append(lines, name+" "+menu+" "+strings.Join(props, " "))
			}
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func token(ref tunnel.SecretRef) string { return "sealed " + ref.String() }
