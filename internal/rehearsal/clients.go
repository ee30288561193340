//go:build linux

package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"jembatan/internal/lab"
	"jembatan/internal/load"
)

// Names of hosts of the lab. Who is in the segment has no part in the service.
const (
	internetPages  = "client1" // asks for pages
	internetWriter = "client2" // writes, and checks from there
	inSegment      = "pc-mlg"
)

// A public is one way in which clients reach the service.
type public struct {
	name          string // the router's, or "vrrp"
	address       string
	pages, writer string // the hosts that use it
}

// publics are the ways of a service: the public address on each router, or the
// virtual address inside the segment.
func (g *ground) publics() []public {
	if v := g.of.Switch.VRRP; v != nil {
		return []public{{"vrrp", v.Address.String(), inSegment, inSegment}}
	}
	var out []public
	for _, router := range g.of.Switch.Routers() {
		out = append(out, public{router, g.of.Switch.Public(router).String(), internetPages, internetWriter})
	}
	return out
}

// clients are all that use the service and look at it.
type clients struct {
	pages, writers map[string]*lab.Watch // by the name of the public
	local          *lab.Watch            // writes to the first server from its own site; nil unless asked for
	checkers       []*process
}

// startClients starts them and returns when every one has been served.
func startClients(ctx context.Context, g *ground, o Options) (*clients, error) {
	c := &clients{pages: map[string]*lab.Watch{}, writers: map[string]*lab.Watch{}}
	for _, p := range g.publics() {
		var err error
		c.pages[p.name], err = g.lab.Watch(ctx, p.pages, load.Options{URL: "http://" + p.address + "/", Every: o.Every, Timeout: pageTimeout})
		if err == nil {
			c.writers[p.name], err = g.lab.Watch(ctx, p.writer, load.Options{
				Database: net.JoinHostPort(p.address, "3306"), Rows: max(rowPause, o.Every), Timeout: tryConnect, Answer: o.Answer,
			})
		}
		if err != nil {
			return c, err
		}
	}
	if err := c.check(ctx, g, max(checkEvery, 2*o.Every)); err != nil {
		return c, err
	}
	return c, served(ctx, c.pages, c.writers)
}

// How clients use the service. A page that takes longer is lost; the time between
// two rows lets a server with a slow disk rest. Options.Every slows all of them.
const (
	pageTimeout = 250 * time.Millisecond
	rowPause    = 10 * time.Millisecond
	checkEvery  = 50 * time.Millisecond
)

// served returns when every client has been served a few times.
func served(ctx context.Context, all ...map[string]*lab.Watch) error {
	ctx, cancel := context.WithTimeout(ctx, firstState)
	defer cancel()
	for {
		waiting := ""
		for _, some := range all {
			for name, w := range some {
				if !lately(w.Records(), 10) {
					waiting = name
				}
			}
		}
		if waiting == "" {
			return nil
		}
		if pause(ctx, 20*time.Millisecond) != nil {
			return fmt.Errorf("clients by %s are not served within %v", waiting, firstState)
		}
	}
}

// lately reports whether the last n requests were good.
func lately(records []load.Record, n int) bool {
	if len(records) < n {
		return false
	}
	for _, r := range records[len(records)-n:] {
		if !r.OK {
			return false
		}
	}
	return true
}

// seen is what all clients saw.
type seen struct {
	pages, rows map[string][]load.Record
	local       []load.Record
	sights      []Sight
}

// stop ends all clients and returns what they saw. It may be called once more, and
// then returns nothing new.
func (c *clients) stop() (seen, error) {
	out := seen{pages: map[string][]load.Record{}, rows: map[string][]load.Record{}}
	var errs []error
	collect := func(w *lab.Watch) []load.Record {
		if w == nil {
			return nil
		}
		records, err := w.Stop()
		errs = append(errs, err)
		return records
	}
	for name, w := range c.pages {
		out.pages[name] = collect(w)
	}
	for name, w := range c.writers {
		out.rows[name] = collect(w)
	}
	out.local = collect(c.local)
	for _, p := range c.checkers {
		errs = append(errs, p.end())
		f, err := os.Open(p.log)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		sights, err := readSights(f)
		errs = append(errs, err, f.Close())
		out.sights = append(out.sights, sights...)
	}
	*c = clients{}
	return out, errors.Join(errs...)
}
