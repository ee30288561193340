package plan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"jembatan/tunnel"
)

// A Row is one object as a router printed it: properties by name, ".id"
// included. Values of secret properties have been replaced by a token that is
// equal for equal secrets and says nothing else.
type Row map[string]string

// ID returns the router's id of the object, as in "*1A".
func (r Row) ID() string { return r[".id"] }

// Mark returns the object's scope and name when it is ours.
func (r Row) Mark() (scope, name string, ok bool) { return tunnel.ParseMark(r["comment"]) }

// is reports whether a boolean property is set.
func (r Row) is(name string) bool { return r[name] == "true" || r[name] == "yes" }

// Observed is what one router had when it was read.
type Observed struct {
	Router   string
	Identity string
	Version  string // as /system/resource prints it, "7.16.1 (stable)"
	// Menus holds the rows of every menu of Reads. A menu that could not be
	// read is never here empty: the router then has Unread.
	Menus map[string][]Row
	// Unread says why the router, or one of its menus, could not be read.
	Unread string
	// Reached is the address by which the controller reached the router's API,
	// without port; empty when unknown.
	Reached string
	// From is the controller's own address on that connection; empty when
	// unknown.
	From string
}

// ours returns the rows of a menu that carry a mark of one of the scopes, by
// the mark's full text. A mark that stands twice in a menu is in twice.
func (o *Observed) ours(path string, scopes map[string]bool) (rows map[string]Row, twice map[string]bool) {
	rows, twice = map[string]Row{}, map[string]bool{}
	for _, row := range o.Menus[path] {
		scope, name, ok := row.Mark()
		if !ok || !scopes[scope] || row.is("dynamic") {
			continue
		}
		mark := tunnel.Mark(scope, name)
		if _, dup := rows[mark]; dup {
			twice[mark] = true
			continue
		}
		rows[mark] = row
	}
	return rows, twice
}

// atLeast reports whether the router's version is major.minor or later. A
// version that does not parse is taken for the oldest.
func (o *Observed) atLeast(major, minor int) bool {
	number, _, _ := strings.Cut(o.Version, " ")
	parts := strings.SplitN(number, ".", 3)
	if len(parts) < 2 {
		return false
	}
	maj, err1 := strconv.Atoi(parts[0])
	mnr, err2 := strconv.Atoi(strings.TrimRightFunc(parts[1], func(r rune) bool { return r < '0' || r > '9' }))
	if err1 != nil || err2 != nil {
		return false
	}
	return maj > major || maj == major && mnr >= minor
}

// Fingerprint digests the configuration that a plan is compared with: every
// writable property of the tunnels, bridges, bonds and ports, and of our own
// routes. Flags, counters, dynamic rows and secrets are left out, so it stays
// equal until somebody changes something.
func (o *Observed) Fingerprint() string {
	h := sha256.New()
	for _, m := range menus() {
		rows := slices.Clone(o.Menus[m.path])
		slices.SortFunc(rows, func(a, b Row) int { return cmp.Compare(a.ID(), b.ID()) })
		for _, row := range rows {
			if _, _, ok := row.Mark(); row.is("dynamic") || m.marked && !ok {
				continue
			}
			fmt.Fprintf(h, "%s %s\n", m.path, row.ID())
			for _, p := range m.properties {
				if p.kind != secret {
					fmt.Fprintf(h, "\t%s=%q\n", p.name, canonical(p.kind, cmp.Or(row[p.name], p.absent)))
				}
			}
		}
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// Known gathers what tunnel.Expand must keep or avoid.
func Known(all []*Observed) tunnel.Known {
	k := tunnel.Known{
		IDs:     map[string]map[uint16]string{},
		MACs:    map[string]map[string]string{},
		Names:   map[string]map[string]string{},
		Tunnels: map[string]tunnel.KnownTunnel{},
	}
	for _, o := range all {
		ids, macs, names := map[uint16]string{}, map[string]string{}, map[string]string{}
		// The menu of all interfaces comes first; the others know whose they are.
		for _, path := range []string{MenuInterface, MenuBridge, MenuEoIP, MenuBonding} {
			for _, row := range o.Menus[path] {
				mark := ""
				if scope, name, ok := row.Mark(); ok {
					mark = tunnel.Mark(scope, name)
				}
				names[row["name"]] = mark
				if addr := row["mac-address"]; addr != "" {
					macs[strings.ToUpper(addr)] = mark
				}
				if path == MenuEoIP {
					noteTunnel(&k, row, mark, ids)
				}
			}
		}
		k.IDs[o.Router], k.MACs[o.Router], k.Names[o.Router] = ids, macs, names
	}
	return k
}

// noteTunnel enters one EoIP row into k and ids. A tunnel keeps the id that its
// ends agree on; where they do not, somebody has edited one of them, and neither
// says which. MAC addresses are not kept: they follow from the tunnel's name.
func noteTunnel(k *tunnel.Known, row Row, mark string, ids map[uint16]string) {
	n, err := strconv.ParseUint(row["tunnel-id"], 10, 16)
	if err != nil {
		return
	}
	id := uint16(n)
	ids[id] = mark
	if mark == "" {
		return
	}
	if known, seen := k.Tunnels[mark]; seen && known.ID != id {
		id = 0
	}
	k.Tunnels[mark] = tunnel.KnownTunnel{ID: id}
}
