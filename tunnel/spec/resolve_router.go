package spec

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"

	"jembatan/tunnel"
)

func (r *resolver) router(e *entry[rawRouter]) tunnel.Router {
	raw := &e.value
	out := tunnel.Router{Name: e.name, Site: raw.site.or("")}
	switch {
	case raw.credentials.set:
		out.Credentials = r.credentials(&raw.credentials.value)
	case r.raw.credentials.set:
		out.Credentials = r.credentials(&r.raw.credentials.value)
	case e.set && raw.credentials.line == 0 && r.raw.credentials.line == 0:
		r.problem(e.at, "no credentials, and there are none for all routers")
	}
	if raw.address.set {
		out.Address = apiAddress(raw.address.value, out.Credentials.TLS.Off)
	}
	for i := range raw.uplinks.value {
		out.Uplinks = append(out.Uplinks, r.uplink(&raw.uplinks.value[i]))
	}
	return out
}

func apiAddress(a hostPort, plain bool) string {
	port := a.port
	switch {
	case port != "":
	case plain:
		port = apiPort
	default:
		port = apiTLSPort
	}
	if strings.Contains(a.host, ":") {
		return "[" + a.host + "]:" + port
	}
	return a.host + ":" + port
}

func (r *resolver) credentials(raw *rawCredentials) tunnel.Credentials {
	return tunnel.Credentials{
		User: raw.user.or(""), Password: r.secret(raw.password), TLS: r.tls(raw.tls.value),
	}
}

func (r *resolver) tls(raw rawTLS) tunnel.TLS {
	return tunnel.TLS{
		Off:         raw.off,
		CAFile:      r.path(raw.ca.or("")),
		Fingerprint: strings.ToLower(raw.fingerprint.or("")),
	}
}

func (r *resolver) secret(raw given[rawSecret]) tunnel.SecretRef {
	return tunnel.SecretRef{Env: raw.value.env.or(""), File: r.path(raw.value.file.or(""))}
}

// path joins a relative path to the folder of the topology file.
func (r *resolver) path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(filepath.Dir(r.file), p)
}

func (r *resolver) uplink(e *entry[rawUplink]) tunnel.Uplink {
	raw := &e.value
	mtu := raw.mtu.or(defaultUplinkMTU)
	if raw.pppoe.or(false) && mtu > 1492 {
		mtu -= 8
	}
	if raw.gateway.set && raw.address.set && raw.gateway.value == raw.address.value {
		r.problem(raw.gateway.place, "the gateway is the uplink's own address")
	}
	return tunnel.Uplink{
		Name: e.name, Address: raw.address.value, MTU: mtu,
		NAT: raw.nat.or(false), Gateway: raw.gateway.value,
	}
}

// compareRouters finds routers and uplinks that share an address.
func (r *resolver) compareRouters() {
	apis := make(map[string]place)
	outer := make(map[netip.Addr]place)
	for i := range r.raw.routers.value {
		raw := &r.raw.routers.value[i].value
		login := raw.credentials
		if !login.set {
			login = r.raw.credentials
		}
		if raw.address.set {
			api := apiAddress(raw.address.value, login.value.tls.value.off)
			unique(r, apis, api, raw.address.place, fmt.Sprintf("another router has the address %s", api))
		}
		for _, u := range raw.uplinks.value {
			if a := u.value.address; a.set {
				unique(r, outer, a.value, a.place, fmt.Sprintf("another uplink has the address %s", a.value))
			}
		}
	}
}
