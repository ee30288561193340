//go:build linux

package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"jembatan/internal/lab"
	"jembatan/internal/load"
	"jembatan/routeros"
)

// rivals are other means that carry the same pages of the same servers: keepalived
// with a virtual address on both, and a router's netwatch with a script.
type rivals struct {
	pages     map[string]*lab.Watch
	processes []*process
	cancel    context.CancelFunc
	watching  chan struct{}
	err       error // of netwatch; read it when watching is closed
	session   *routeros.Session
}

// adverts are the keepalived instances, each with an address of its own.
var adverts = []struct { //nolint:gochecknoglobals // A table.
	name, interval, address string
	id                      int
}{
	{"keepalived, advert 1 s", "1", "192.168.50.201", 101},
	{"keepalived, advert 0.1 s", "0.1", "192.168.50.202", 102},
}

// keepalivedConfig is the same on both servers but for the priority. Version 3 has
// intervals below a second (RFC 5798).
func keepalivedConfig(name string, priority int) string {
	var out strings.Builder
	fmt.Fprintf(&out, "global_defs {\n  router_id %s\n  vrrp_version 3\n}\n", name)
	for _, a := range adverts {
		fmt.Fprintf(&out, "vrrp_instance V%d {\n  state BACKUP\n  interface eth0\n  virtual_router_id %d\n  priority %d\n  advert_int %s\n"+
			"  virtual_ipaddress { %s/32 }\n}\n", a.id, a.id, priority, a.interval, a.address)
	}
	return out.String()
}

// startRivals starts them and returns when each of them serves.
func startRivals(ctx context.Context, g *ground, o Options) (*rivals, error) {
	r := &rivals{pages: map[string]*lab.Watch{}, watching: make(chan struct{})}
	ctx, r.cancel = context.WithCancel(ctx)
	for i, server := range g.of.Servers[:2] {
		file := filepath.Join(g.dir, "keepalived-"+server.Name)
		if err := os.WriteFile(file+".conf", []byte(keepalivedConfig(server.Name, 200-50*i)), 0o600); err != nil {
			return r, err
		}
		p, err := spawn(ctx, g.lab.Client, server.Name, file+".log", "keepalived", "-n", "-l", "-P", "-f", file+".conf", "-p", file+".pid", "-r", file+".vpid")
		if err != nil {
			return r, err
		}
		r.processes = append(r.processes, p)
	}
	public, err := r.netwatch(ctx, g)
	if err != nil {
		return r, err
	}
	urls := map[string]string{netwatchName: "http://" + public + "/"}
	from := map[string]string{netwatchName: internetPages}
	for _, a := range adverts {
		urls[a.name], from[a.name] = "http://"+a.address+"/", inSegment
	}
	for name, url := range urls {
		if r.pages[name], err = g.lab.Watch(ctx, from[name], load.Options{URL: url, Every: max(o.Every, 10*time.Millisecond), Timeout: pageTimeout}); err != nil {
			return r, err
		}
	}
	return r, served(ctx, r.pages)
}

// netwatchName tells what the netwatch does: it asks once a second and acts on the
// first silence, as the scripts do that people publish. (Its default is once in ten
// seconds.)
const (
	netwatchName = "netwatch 1 s with a script"
	netwatchPort = "8088"
)

// netwatch makes a dst-nat rule and a netwatch on the first router of the switch.
// The emulated device watches; its down-script is carried out here, as soon as the
// row says down: it sets the rule's target and removes no connection.
func (r *rivals) netwatch(ctx context.Context, g *ground) (address string, err error) {
	router := g.of.Switch.Routers()[0]
	public, main, backup := g.of.Switch.Public(router).String(), g.of.Servers[0], g.of.Servers[1]
	if r.session, err = g.dial(ctx, router); err != nil {
		return "", err
	}
	rule, err := routeros.Create(ctx, r.session, "/ip/firewall/nat", routeros.FieldsOf("chain", "dstnat", "dst-address", public, "protocol", "tcp",
		"dst-port", netwatchPort, "action", "dst-nat", "to-addresses", main.Address.String(), "to-ports", "80"))
	if err == nil {
		_, err = routeros.Create(ctx, r.session, "/ip/firewall/nat", routeros.FieldsOf("chain", "srcnat", "dst-address", backup.Address.String(),
			"protocol", "tcp", "dst-port", "80", "action", "masquerade"))
	}
	var watch string
	if err == nil {
		watch, err = routeros.Create(ctx, r.session, "/tool/netwatch", routeros.FieldsOf("host", main.Address.String(), "type", "simple",
			"interval", "1s", "timeout", "1s", "start-delay", "100ms"))
	}
	if err != nil {
		return "", errors.Join(fmt.Errorf("netwatch on %s: %w", router, err), r.session.Close())
	}
	go func() {
		defer close(r.watching)
		r.err = r.script(ctx, watch, rule, backup.Address.String())
	}()
	return public + ":" + netwatchPort, nil
}

// script waits until the watch says down, and turns the rule.
func (r *rivals) script(ctx context.Context, watch, rule, to string) error {
	for ctx.Err() == nil {
		rows, err := routeros.Print(ctx, r.session, "/tool/netwatch", nil, "?.id="+watch)
		if ctx.Err() == nil && (err != nil || len(rows) != 1) {
			return fmt.Errorf("netwatch: %d rows: %w", len(rows), err)
		}
		if len(rows) == 0 {
			continue
		}
		if state, _ := rows[0].Get("status"); state == "down" {
			return routeros.Update(ctx, r.session, "/ip/firewall/nat", []string{rule}, routeros.FieldsOf("to-addresses", to))
		}
		_ = pause(ctx, pollWatch) // Its end is looked at above.
	}
	return nil
}

// pollWatch is the time between two looks at the netwatch. It makes the netwatch
// later by as much at most, and spares the router, which has the service to turn.
const pollWatch = 50 * time.Millisecond

// stop ends them and returns how each of them went from a moment on.
func (r *rivals) stop(since time.Time) (map[string]Use, error) {
	out := map[string]Use{}
	var errs []error
	for name, w := range r.pages {
		records, err := w.Stop()
		errs = append(errs, err)
		out[name] = UseOf(records, since)
	}
	r.cancel()
	if r.session != nil {
		<-r.watching
		errs = append(errs, r.err)
		_ = r.session.Close() // Nothing is under way on it.
	}
	for _, p := range r.processes {
		_ = p.end() // Its host may have lost its power.
	}
	return out, errors.Join(errs...)
}
