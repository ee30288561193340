package serve

import (
	"context"
	"database/sql"
	"maps"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"time"

	"jembatan/failover"
	"jembatan/failover/journal"
	"jembatan/failover/runner"
	"jembatan/health/probe"
	"jembatan/health/replication"
	"jembatan/internal/app"
	"jembatan/internal/drill"
	"jembatan/routeros"
	"jembatan/tunnel"
)

// drillControl is one service as a drill sees it, whoever drives it after a
// reload.
type drillControl struct {
	c       *Controller
	service string
}

func (d drillControl) Command(ctx context.Context, cmd failover.Command) (runner.Answer, error) {
	return d.c.Command(ctx, d.service, cmd)
}

func (d drillControl) Status(ctx context.Context) (runner.Status, error) {
	s, err := d.c.current().service(d.service)
	if err != nil {
		return runner.Status{}, err
	}
	return s.runner.Status(ctx)
}

func (d drillControl) History(ctx context.Context, q journal.Query) ([]journal.Entry, error) {
	return d.c.History(ctx, d.service, q)
}

func (d drillControl) Note(ctx context.Context, entries ...journal.Entry) error {
	s, err := d.c.current().service(d.service)
	if err != nil {
		return err
	}
	return s.runner.Note(ctx, entries...)
}

const (
	// askVersions bounds the asking for versions, which no drill waits for longer.
	askVersions = 3 * time.Second
	// pastInReport is how many earlier drills a report tells of.
	pastInReport = 10
)

// equip gives a drill its controller, clients and databases. Call done at its
// end, whatever the error.
func (c *Controller) equip(ctx context.Context, s *service, o *drill.Options) (done func(), err error) {
	done = func() {}
	o.Controller = drillControl{c, s.name}
	o.Addresses = drillAddresses(s.of)
	o.Host, _ = os.Hostname() // Without a name the report has none.
	o.Versions = drill.Versions{Controller: c.o.Version}
	asked, cancel := context.WithTimeout(ctx, askVersions)
	defer cancel()
	a := c.current().app
	o.Versions.Routers = routerVersions(asked, a.Fleet(), s.of.Switch.Routers())
	if o.Past, err = c.pastDrills(ctx, s.name, pastInReport); err != nil {
		return done, err
	}
	if s.of.Replication.Engine == tunnel.EngineUnknown {
		return done, nil
	}
	handles, err := checkHandles(a, s.of)
	done = func() {
		for db := range maps.Values(handles) {
			_ = db.Close() // Nothing was begun that has not ended.
		}
	}
	if err != nil {
		return done, err
	}
	data := &drill.Databases{Engine: s.of.Replication.Engine, DB: handles}
	o.Data, o.Versions.Engine = data, s.of.Replication.Engine.String()
	o.Versions.Databases = data.Versions(asked)
	return done, nil
}

// checkHandles opens the databases by the check account, apart from those that
// the service is watched with: a checksum may take a while.
func checkHandles(a *app.App, of *tunnel.Service) (map[string]*sql.DB, error) {
	out := map[string]*sql.DB{}
	logins, err := accounts(a, &of.Replication)
	if err != nil {
		return out, err
	}
	conf, err := app.DatabaseTLS(of.Replication.TLS)
	if err != nil {
		return out, err
	}
	for _, server := range of.Servers {
		db, err := replication.Account{
			Address: net.JoinHostPort(server.Address.String(), strconv.Itoa(int(of.Replication.Port))),
			User:    logins.Check.User, Password: logins.Check.Password, TLS: conf, Answer: checksumAnswer,
		}.Open()
		if err != nil {
			return out, err
		}
		out[server.Name] = db
	}
	return out, nil
}

// checksumAnswer is how long a server may take for one checksum.
const checksumAnswer = 10 * time.Second

// clientTimeout is how long a drill's client waits for an answer.
const clientTimeout = 250 * time.Millisecond

// drillAddresses are the addresses that clients use, as publics asks them but
// with a client's patience.
func drillAddresses(of *tunnel.Service) []drill.Address {
	var out []drill.Address
	for _, router := range of.Switch.Routers() {
		for _, port := range of.Ports {
			at := netip.AddrPortFrom(of.Switch.Public(router), port)
			p, how := prober(of, router, at), "tcp"
			switch p := p.(type) {
			case *probe.HTTP:
				p.Timeout, how = clientTimeout, "http"
			case *probe.TCP:
				p.Timeout = clientTimeout
			}
			out = append(out, drill.Address{Router: router, Address: at.String(), How: how, Ask: p.Probe})
		}
	}
	return out
}

// routerVersions asks routers for their releases, all at once. One that does not
// answer is left out.
func routerVersions(ctx context.Context, fleet *routeros.Fleet, routers []string) map[string]string {
	out := map[string]string{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, router := range routers {
		all.Go(func() {
			session, err := fleet.Session(ctx, router)
			if err != nil {
				return
			}
			v, err := routeros.AskVersion(ctx, session)
			if err != nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			out[router] = v.String()
		})
	}
	all.Wait()
	return out
}
