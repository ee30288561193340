package health

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// A Layer is how far up a probe looks.
type Layer uint8

// Layers.
const (
	LayerUnknown Layer = iota
	Host               // it answers ping
	Port               // a connection opens; a frozen process passes
	App                // a query is answered
)

// String returns "host", "port" or "app".
func (l Layer) String() string {
	switch l {
	case LayerUnknown:
		return "unknown"
	case Host:
		return "host"
	case Port:
		return "port"
	case App:
		return "app"
	}
	return fmt.Sprintf("Layer(%d)", uint8(l))
}

// A Probe is a kind of check that vantages make.
type Probe struct {
	Name  string // what samples call it, such as "mysql:3306"
	Layer Layer
	Port  uint16 // zero for Host
}

// A Kind is what a vantage is.
type Kind uint8

// Kinds of vantages.
const (
	KindUnknown Kind = iota
	Controller
	Router
	Peer // the database that replicates from the server
)

// A Vantage is who looks.
type Vantage struct {
	Name string
	Kind Kind
	// Beside: it stands beside the controller and fails with it. The controller
	// is always beside itself.
	Beside bool
	// Users: clients come in through it. What it reaches, users reach.
	Users bool
	// On is the server that it runs on, "" if none: about that one it abstains.
	On string
	// Interval is the time between its samples if not Config.Interval.
	Interval time.Duration
	// References are its reference targets. With none it is never blind.
	References []string
}

// Config is what a Detector needs to know. Times are of the probers; the
// Detector only compares.
type Config struct {
	Servers  []string
	Vantages []Vantage
	Probes   []Probe
	Interval time.Duration // between two samples of a probe; default 1 s
	Timeout  time.Duration // of a probe; default Interval
	Misses   int           // in a row until a vantage says Failed; default 5
	Rises    int           // in a row until a vantage says Healthy; default 10
	Quorum   int           // vantages that must agree; default and least 2
	// SureMisses is how many misses in a row suffice when each is evidence of
	// its own (see Reason.Sure); default 2, at most Misses.
	SureMisses int
	// Settle is how long no server is newly called failed after a partition that
	// lasted as long as it takes to find a failure; default 5 s.
	Settle time.Duration
	// LoadFails makes load-type reasons count as misses.
	LoadFails bool
	// QuorumAlone: a quorum is enough. Otherwise the peer database, or every
	// router that can see it, must be among those who say Failed.
	QuorumAlone bool
}

// Defaults of the reference design: mean detection 5.5 s, at worst 6 s.
const (
	defaultInterval   = time.Second
	defaultMisses     = 5
	defaultRises      = 10
	leastQuorum       = 2
	defaultSureMisses = 2
	defaultSettle     = 5 * time.Second
)

// resolved fills in the defaults and reports what cannot be.
func (c Config) resolved() (Config, error) {
	c.Interval = cmp.Or(c.Interval, defaultInterval)
	c.Timeout = cmp.Or(c.Timeout, c.Interval)
	c.Misses = cmp.Or(c.Misses, defaultMisses)
	c.Rises = cmp.Or(c.Rises, defaultRises)
	c.Quorum = cmp.Or(c.Quorum, leastQuorum)
	c.SureMisses = min(cmp.Or(c.SureMisses, defaultSureMisses), c.Misses)
	c.Settle = cmp.Or(c.Settle, defaultSettle)
	switch {
	case c.Interval < 0 || c.Settle < 0 || c.Timeout < 0 || c.Misses < 0 || c.Rises < 0 || c.SureMisses < 0:
		return c, fmt.Errorf("health: a negative number in %+v", c)
	case c.Quorum < leastQuorum:
		return c, fmt.Errorf("health: quorum %d: nothing is decided on one vantage", c.Quorum)
	case len(c.Servers) == 0 || len(c.Probes) == 0:
		return c, fmt.Errorf("health: %d servers and %d probes: nothing to watch", len(c.Servers), len(c.Probes))
	}
	c.Vantages = slices.Clone(c.Vantages)
	for i := range c.Vantages {
		v := &c.Vantages[i]
		v.Interval = cmp.Or(v.Interval, c.Interval)
		v.Beside = v.Beside || v.Kind == Controller
		if v.Kind == KindUnknown {
			return c, fmt.Errorf("health: vantage %q is of no kind", v.Name)
		}
	}
	for _, p := range c.Probes {
		if p.Layer == LayerUnknown || p.Layer == Host != (p.Port == 0) {
			return c, fmt.Errorf("health: probe %q: layer %v with port %d", p.Name, p.Layer, p.Port)
		}
	}
	return c, unique(c)
}

// unique reports names that stand twice.
func unique(c Config) error {
	seen := map[string]bool{}
	once := func(what, name string) error {
		key := what + " " + name
		if name == "" || seen[key] {
			return fmt.Errorf("health: %s is empty or there twice", key)
		}
		seen[key] = true
		return nil
	}
	for _, s := range c.Servers {
		if err := once("server", s); err != nil {
			return err
		}
	}
	for _, v := range c.Vantages {
		if err := once("vantage", v.Name); err != nil {
			return err
		}
	}
	for _, p := range c.Probes {
		if err := once("probe", p.Name); err != nil {
			return err
		}
	}
	return nil
}
