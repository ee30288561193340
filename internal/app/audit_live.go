package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"jembatan/routeros"
	"jembatan/tunnel"
	"jembatan/tunnel/audit"
)

// A liveTarget is one router to read.
type liveTarget struct {
	name   string // of the topology; empty until the router says its identity
	site   string
	target routeros.Target
}

// targets are the routers that are read live: those of the topology, and those
// given by address that are not among them.
func (a *auditor) targets(t *tunnel.Topology) ([]liveTarget, error) {
	var out []liveTarget
	seen := map[string]bool{}
	if t != nil && !a.Offline {
		for _, r := range t.Routers {
			options, err := a.login(Login{r.Credentials.User, r.Credentials.Password, r.Credentials.TLS})
			if err != nil {
				return nil, fmt.Errorf("router %s: %w", r.Name, err)
			}
			out = append(out, liveTarget{r.Name, r.Site, routeros.Target{Addr: r.Address, Options: options}})
			seen[r.Address] = true
		}
	}
	if len(a.Routers) == 0 {
		return out, nil
	}
	if a.Login.User == "" {
		return nil, errors.New("--router needs --user")
	}
	options, err := a.login(a.Login)
	if err != nil {
		return nil, err
	}
	for _, addr := range a.Routers {
		addr = withPort(addr, a.Login.TLS.Off)
		if !seen[addr] {
			seen[addr] = true
			out = append(out, liveTarget{target: routeros.Target{Addr: addr, Options: options}})
		}
	}
	return out, nil
}

// login resolves how routers are logged in to.
func (a *auditor) login(l Login) (routeros.Options, error) {
	o := routeros.Options{User: l.User, DialTimeout: a.settings.Fleet.DialTimeout}
	if !l.Password.IsZero() {
		password, err := Secret(a.env, l.Password)
		if err != nil {
			return o, fmt.Errorf("password of %q: %w", l.User, err)
		}
		o.Password = password
	}
	tls, err := tlsOptions(l.TLS)
	if err != nil {
		return o, err
	}
	o.TLS = tls
	if tls == nil && !a.warned {
		a.warned = true
		a.log.Warn().Msg("without TLS passwords and configuration are sent in clear")
	}
	return o, nil
}

// Ports of the API. Source: MikroTik manual, Services.
const (
	portAPI    = "8728"
	portAPISSL = "8729"
)

// withPort adds the API's port to an address without one.
func withPort(addr string, plain bool) string {
	if _, _, err := net.SplitHostPort(addr); err == nil {
		return addr
	}
	port := portAPISSL
	if plain {
		port = portAPI
	}
	return net.JoinHostPort(strings.Trim(addr, "[]"), port)
}

// readLive reads all routers, some at once. Each is dialed, asked for every
// menu once, and left.
func (a *auditor) readLive(ctx context.Context, targets []liveTarget) ([]*audit.Router, []audit.Unread) {
	routers := make([]*audit.Router, len(targets))
	errs := make([]error, len(targets))
	next := make(chan int)
	var wg sync.WaitGroup
	var mu sync.Mutex // Guards the progress.
	for range min(len(targets), a.settings.Fleet.Dials) {
		wg.Go(func() {
			for i := range next {
				routers[i], errs[i] = a.readRouter(ctx, targets[i])
				mu.Lock()
				a.step(cmp.Or(targets[i].name, targets[i].target.Addr))
				mu.Unlock()
			}
		})
	}
	for i := range targets {
		next <- i
	}
	close(next)
	wg.Wait()
	var out []*audit.Router
	var unread []audit.Unread
	for i, t := range targets {
		if errs[i] != nil {
			unread = append(unread, audit.Unread{Name: cmp.Or(t.name, t.target.Addr), Where: t.target.Addr, Reason: firstLine(errs[i])})
			continue
		}
		out = append(out, routers[i])
	}
	return out, unread
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// readRouter reads one router: all menus at once, over one connection.
func (a *auditor) readRouter(ctx context.Context, t liveTarget) (*audit.Router, error) {
	s, err := routeros.Dial(ctx, t.target.Addr, t.target.Options)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	c := timed{s, a.settings.Fleet.CallTimeout}
	reads := audit.Reads()
	rows := make([][]audit.Row, len(reads))
	errs := make([]error, len(reads))
	var wg sync.WaitGroup
	for i, read := range reads {
		wg.Go(func() { rows[i], errs[i] = a.readMenu(ctx, c, read) })
	}
	wg.Wait()
	r := &audit.Router{
		Name: t.name, Site: t.site, Scope: "/", Menus: make(map[string][]audit.Row, len(reads)),
		Source: audit.Source{Kind: audit.Live, Where: t.target.Addr, Time: a.Now},
	}
	for i, read := range reads {
		switch err := errs[i]; {
		case err == nil:
			r.Menus[read.Menu] = rows[i]
		case errors.Is(err, routeros.ErrNoCommand):
			r.Menus[read.Menu] = nil // This release does not have it.
		case errors.Is(err, routeros.ErrClosed), ctx.Err() != nil:
			return nil, fmt.Errorf("read %s: %w", read.Menu, err)
		default:
			if r.Unread == nil {
				r.Unread = map[string]string{}
			}
			r.Unread[read.Menu] = firstLine(err)
		}
	}
	if host, _, err := net.SplitHostPort(t.target.Addr); err == nil {
		if ip, err := netip.ParseAddr(host); err == nil && !ip.IsLoopback() {
			r.Reached = ip
		}
	}
	describeLive(r)
	return r, nil
}

// readMenu makes one request and seals what is secret in the answer.
func (a *auditor) readMenu(ctx context.Context, c routeros.Caller, read audit.Read) ([]audit.Row, error) {
	answer, err := routeros.Print(ctx, c, read.Menu, read.Proplist, read.Query...)
	if err != nil {
		return nil, err
	}
	out := make([]audit.Row, len(answer))
	for i, row := range answer {
		fields := make([]audit.Field, 0, row.Len())
		for name, value := range row.All() {
			fields = append(fields, audit.Field{Name: name, Value: value})
		}
		a.seal.SealRow(read.Menu, fields)
		out[i].Fields = fields
	}
	return out, nil
}

// describeLive takes what describes the router out of its rows.
func describeLive(r *audit.Router) {
	get := func(menu, name string) string {
		if rows := r.Menus[menu]; len(rows) > 0 {
			return rows[0].Get(name)
		}
		return ""
	}
	r.Identity = get(audit.MenuIdentity, "name")
	r.Version, _, _ = strings.Cut(get(audit.MenuResource, "version"), " ")
	r.Model = cmp.Or(get(audit.MenuRouterboard, "model"), get(audit.MenuResource, "board-name"))
	r.Serial = get(audit.MenuRouterboard, "serial-number")
	if r.Name == "" {
		r.Name = cmp.Or(r.Identity, r.Source.Where)
	}
	// The firewall's dynamic rows and services' connections are not configuration.
	for _, menu := range []string{audit.MenuFilter, audit.MenuNAT, audit.MenuService, audit.MenuDNSStatic} {
		r.Menus[menu] = slices.DeleteFunc(r.Menus[menu], func(row audit.Row) bool { return row.Is("dynamic") })
	}
}
