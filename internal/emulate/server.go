package emulate

import (
	"fmt"
	"net"
	"net/netip"
	"time"

	"jembatan/routeros/emulator"
	"jembatan/tunnel"
	"jembatan/tunnel/spec"
)

// ServeOptions say where and how devices are served.
type ServeOptions struct {
	Listen   netip.Addr    // address of routers that At does not name
	PortBase int           // first of their ports, two for each router; 0 takes free ones
	Latency  time.Duration // of every reply
	// At holds routers that are served at an address of their own.
	At map[string]Place
}

// A Place is the address of one service of a router.
type Place struct {
	Address string // host:port
	Plain   bool   // the plaintext API is served there, api-ssl elsewhere
}

// A Line describes one served router, for programs.
type Line struct {
	Router   string `json:"router"`
	Version  string `json:"version"`
	API      string `json:"api"`
	APISSL   string `json:"api_ssl"`
	User     string `json:"user"`
	Password string `json:"password"`
}

// A Server is a set of devices being served.
type Server struct {
	server  *emulator.Server
	onePort bool // api and api-ssl of a router share a port
	lines   []Line
	places  map[string]Place
}

// Serve adds devices to the world and serves each on two sockets, api and
// api-ssl, or on one for both where the system's limit of open files is too low
// for two. Close ends it; the world stays the caller's.
func Serve(world *emulator.World, devices []emulator.Config, opts ServeOptions) (*Server, error) {
	room := roomForFiles(len(devices))
	base := opts.PortBase
	if base == 0 {
		base = -1 // The emulator's word for "any".
	}
	server, err := emulator.NewServer(emulator.ServerOptions{Host: opts.Listen.String(), PortBase: base, OnePort: !room})
	if err != nil {
		return nil, err
	}
	s := &Server{server: server, onePort: !room, places: opts.At}
	for _, c := range devices {
		line, err := s.add(world, c, opts)
		if err != nil {
			s.Close()
			return nil, err
		}
		s.lines = append(s.lines, line)
	}
	return s, nil
}

// add serves one device.
func (s *Server) add(world *emulator.World, c emulator.Config, opts ServeOptions) (Line, error) {
	d, err := world.Add(c)
	if err != nil {
		return Line{}, fmt.Errorf("router %s: %w", c.Name, err)
	}
	if opts.Latency > 0 {
		d.Faults().Latency(opts.Latency, 0, 0)
	}
	e, err := s.listen(d, opts)
	if err != nil {
		return Line{}, err
	}
	return Line{Router: c.Name, Version: d.Version().String(), API: e.API, APISSL: e.APISSL, User: "admin"}, nil
}

func (s *Server) listen(d *emulator.Device, opts ServeOptions) (emulator.Endpoint, error) {
	place, fixed := opts.At[d.Name()]
	if !fixed || place.Address == "" {
		return s.server.Listen(d)
	}
	free := net.JoinHostPort(opts.Listen.String(), "0")
	if place.Plain || s.onePort {
		return s.server.ListenAt(d, place.Address, free)
	}
	return s.server.ListenAt(d, free, place.Address)
}

// Lines describes every router, in the order in which they were given.
func (s *Server) Lines() []Line { return s.lines }

// Endpoints returns, for each router, the address that its topology should
// name, and the fingerprint of its certificate unless it is plaintext.
func (s *Server) Endpoints() map[string]spec.Endpoint {
	out := map[string]spec.Endpoint{}
	for _, l := range s.lines {
		if s.places[l.Router].Plain {
			out[l.Router] = spec.Endpoint{Address: l.API}
			continue
		}
		out[l.Router] = spec.Endpoint{Address: l.APISSL, Fingerprint: "sha256:" + s.server.Fingerprint()}
	}
	return out
}

// Close stops listening.
func (s *Server) Close() { s.server.Close() }

// Places says where the routers of a topology are served: a loopback address
// right there, others wherever there is room, all with the TLS or without that
// the topology says.
func Places(t *tunnel.Topology) map[string]Place {
	out := map[string]Place{}
	for _, r := range t.Routers {
		p := Place{Plain: r.Credentials.TLS.Off}
		if ap, err := netip.ParseAddrPort(r.Address); err == nil && ap.Addr().IsLoopback() {
			p.Address = r.Address
		}
		out[r.Name] = p
	}
	return out
}

// Many returns n devices that belong to no topology, r1 to rN.
func Many(n int, versions []string) []emulator.Config {
	out := make([]emulator.Config, n)
	for i := range out {
		out[i].Name = fmt.Sprintf("r%d", i+1)
		if len(versions) > 0 {
			out[i].Version = versions[i%len(versions)]
		}
	}
	return out
}
