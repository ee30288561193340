package demo

import (
	"context"
	"fmt"
	"os"
	"time"

	"jembatan/examples"
	"jembatan/internal/lab"
	"jembatan/tunnel/spec"
)

// spaces are namespaces with real packets.
type spaces struct{ lab *lab.Lab }

// lab makes the topology in namespaces. The error says what does not allow it.
func (d *demo) lab(ctx context.Context) (ground, error) {
	l, err := lab.Start(ctx, lab.Options{
		Name: fmt.Sprintf("demo-%d", os.Getpid()), File: fileName, Source: examples.TwoSites(), Versions: versions, Clients: 2,
		Secrets: map[string]string{"env:JEMBATAN_PASSWORD": d.secret, "env:JEMBATAN_DB_PASSWORD": d.secret},
	})
	if err != nil {
		return nil, err
	}
	return &spaces{l}, nil
}

func (g *spaces) kind() string { return "with real packets" }

func (g *spaces) endpoints() map[string]spec.Endpoint { return g.lab.Endpoints() }

func (g *spaces) introduce(d *demo, _ error) {
	d.say("There is no RouterOS here: these are emulated devices that speak its API. But each\n"+
		"is a Linux network namespace, and what is written to its API becomes real there:\n"+
		"bridges, EoIP tunnels, bonds. With the servers, clients and WAN links: up in %.2f s.", g.lab.Took().Seconds())
}

func (g *spaces) cut(ctx context.Context) error {
	_, err := g.lab.Fault(ctx, "cut", "sby.metro")
	return err
}

func (g *spaces) mend(ctx context.Context) error {
	_, err := g.lab.Fault(ctx, "clear")
	return err
}

func (g *spaces) reach(ctx context.Context, count int) (*answers, error) {
	a := g.ping(ctx, count, 50*time.Millisecond)
	return a, a.err
}

func (g *spaces) wait(ctx context.Context) {
	// A host asks for an address it does not know each second only.
	_, _ = g.lab.Ping(ctx, "main", lab.PingOptions{To: "backup", Count: 1, Timeout: 3 * time.Second}) // What counts comes next.
}

// watchCount and watchEvery span a cut: keepalive 1s,3 takes at most 3.12 s.
const (
	watchCount = 450
	watchEvery = 10 * time.Millisecond
)

func (g *spaces) watch(ctx context.Context) <-chan *answers {
	c := make(chan *answers, 1)
	go func() { c <- g.ping(ctx, watchCount, watchEvery) }()
	return c
}

func (g *spaces) ping(ctx context.Context, count int, every time.Duration) *answers {
	r, err := g.lab.Ping(ctx, "main", lab.PingOptions{To: "backup", Count: count, Interval: every, Timeout: 300 * time.Millisecond})
	if err != nil {
		return &answers{err: err}
	}
	return &answers{sent: r.Sent, lost: len(r.Lost), apart: every.String(), rtt: r.Avg.Round(time.Microsecond).String()}
}

func (g *spaces) close() { _ = g.lab.Close() } // How it ended does not change the story.
