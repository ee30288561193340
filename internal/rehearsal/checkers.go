//go:build linux

package rehearsal

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"time"
)

// check starts the checkers: through the public addresses, through the segment,
// and at each server's own site, which a cut does not reach.
func (c *clients) check(ctx context.Context, g *ground, every time.Duration) error {
	options := map[string]checkerOptions{}
	add := func(from, name, address string) {
		o, ok := options[from]
		if !ok {
			o = checkerOptions{From: from, Every: every, Targets: map[string]string{}}
			options[from] = o
		}
		o.Targets[name] = net.JoinHostPort(address, "3306")
	}
	for _, p := range g.publics() {
		add(p.writer, publicPrefix+p.name, p.address)
	}
	for _, s := range g.of.Servers {
		add(inSegment, s.Name, s.Address.String())
		add(s.Router, s.Name, s.Address.String())
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for from, o := range options {
		config, err := json.Marshal(o)
		if err != nil {
			return err
		}
		p, err := spawn(ctx, g.lab.Client, from, filepath.Join(g.dir, "sights-"+from), self, checkerArg, string(config))
		if err != nil {
			return err
		}
		c.checkers = append(c.checkers, p)
	}
	return nil
}

// publicPrefix marks targets that are public addresses.
const publicPrefix = "public "
