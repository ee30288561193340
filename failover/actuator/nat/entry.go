package nat

import (
	"net/netip"
	"slices"
	"strings"

	"jembatan/routeros"
)

// An entry is a tracked connection of a client of the service.
type entry struct {
	id string
	to netip.Addr // who answers it: the translated side; not valid when the router does not say
	// closed: both sides have ended it. Only a client that opens a new connection
	// from the same port can use it, and a block rule refuses that.
	closed bool
}

// readEntries asks for the connections to the service's public address on a
// router. Releases before 7.20 print the port in the same property, which an
// address alone does not equal, so both forms are asked for. Under blocks alone
// nobody asks for closed ones, of which a busy service has many more than of others.
func (a *Actuator) readEntries(router string, w wanted) routeros.Request {
	public := a.public(router)
	values := []string{public.String()}
	for _, port := range a.service.Ports {
		values = append(values, netip.AddrPortFrom(public, port).String())
	}
	query := anyOf("dst-address", values)
	if !w.server.IsValid() {
		query = append(query, "?tcp-state="+timeWait, "?tcp-state="+closedState, "?#|!&")
	}
	return routeros.Request{
		Path: menuConnection + "/print",
		Fields: routeros.FieldsOf(".proplist",
			".id,protocol,dst-address,dst-port,reply-src-address,reply-src-port,tcp-state,dying"),
		Query: query,
	}
}

// States of a connection that both sides have ended (RouterOS, tcp-state).
const (
	timeWait    = "time-wait"
	closedState = "close"
)

// entriesOf are the connections of clients among the answer to readEntries. An
// entry that is dying is no longer used for packets and not counted.
func (a *Actuator) entriesOf(router string, rows []routeros.Row) []entry {
	public := a.public(router)
	var out []entry
	for _, row := range rows {
		get := func(name string) string { v, _ := row.Get(name); return v }
		dst := routeros.Endpoint(get("dst-address"), get("dst-port"))
		protocol := get("protocol")
		if dst.Addr() != public || !slices.Contains(a.service.Ports, dst.Port()) || protocol != "" && protocol != "tcp" || row.Bool("dying") {
			continue
		}
		state := get("tcp-state")
		out = append(out, entry{
			id: row.ID(), to: routeros.Endpoint(get("reply-src-address"), get("reply-src-port")).Addr(),
			closed: state == timeWait || state == closedState,
		})
	}
	return out
}

// stale returns the entries that must go: those that do not lead to the wanted
// server, and those that lead to one that is blocked and are not closed. A busy
// service has thousands of closed ones; they go when the rule is rewritten, and
// nobody waits for that.
func (a *Actuator) stale(v *view, w wanted) []string {
	var out []string
	for _, e := range v.entries {
		blocked := slices.ContainsFunc(a.service.Servers, func(s Server) bool { return s.Address == e.to && !e.closed && w.blocks[s.Name] })
		if blocked || w.server.IsValid() && e.to != w.server {
			out = append(out, e.id)
		}
	}
	return out
}

// Removing several rows in one sentence stops at the first that has gone by
// itself, and entries do that all the time. So each has a sentence of its own,
// unless there are so many that the sentences cost more than another round.
const (
	aloneUpTo = 16
	together  = 32
)

// removals are the sentences that remove entries.
func removals(stale []string) []routeros.Request {
	size := 1
	if len(stale) > aloneUpTo {
		size = together
	}
	var out []routeros.Request
	for chunk := range slices.Chunk(stale, size) {
		out = append(out, routeros.Request{Path: menuConnection + "/remove", Fields: routeros.FieldsOf(".id", strings.Join(chunk, ","))})
	}
	return out
}

// yesNo is a boolean as RouterOS takes it.
func yesNo(b bool) string { return map[bool]string{true: "yes", false: "no"}[b] }
