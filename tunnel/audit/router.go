package audit

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// A SourceKind is where a router's rows come from.
type SourceKind uint8

// Kinds of sources.
const (
	SourceUnknown SourceKind = iota
	Live                     // read over the API
	Export                   // a saved /export
)

// String returns the word that reports use.
func (k SourceKind) String() string {
	switch k {
	case Live:
		return "live"
	case Export:
		return "export"
	case SourceUnknown:
	}
	return "unknown"
}

// MarshalText implements encoding.TextMarshaler.
func (k SourceKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// A Source is where a router's rows come from.
type Source struct {
	Kind  SourceKind `json:"kind"`
	Where string     `json:"where"` // address of the API, or path of the file
	// Time is when it was read or exported; zero when the export does not say.
	Time time.Time `json:"time,omitzero"`
}

// A Router is one router as it was read. Its name is unique in an audit.
type Router struct {
	Name     string
	Identity string // empty when not known
	Site     string
	Model    string
	Serial   string // a serial number, software id or system id; empty when not known
	Version  string // "7.16.1", or as the router prints it
	Source   Source
	// Reached is the address by which a live router was reached, when it is an
	// IP address.
	Reached netip.Addr
	// Scope is the menu below which an export was taken, "/" for all.
	Scope string
	// Shown says that an export shows secrets; those that it lacks are then not
	// set.
	Shown bool
	// Verbose says that an export lists defaults too: a menu that it lacks was
	// left out, and nothing is known of it.
	Verbose bool
	// Menus holds the rows that were read. A menu that is not in it was not read
	// (live), or has nothing but defaults (export).
	Menus map[string][]Row
	// Unread says of menus why they could not be read.
	Unread map[string]string

	reads   map[string]Read
	addrs   []ownAddress
	ends    []*End
	bridges []*Bridge
}

// An ownAddress is an address that a router has.
type ownAddress struct {
	prefix netip.Prefix
	iface  string
	row    *Row
}

// IsLive reports whether counters and states of the router are known.
func (r *Router) IsLive() bool { return r.Source.Kind == Live }

// Known reports whether the rows of a menu are known, and why not.
func (r *Router) Known(menu string) (why Text, ok bool) {
	if msg := r.Unread[menu]; msg != "" {
		return say("%s could not be read: %s", "%s tidak terbaca: %s", menu, msg), false
	}
	if _, ok := r.Menus[menu]; ok {
		return Text{}, true
	}
	if r.IsLive() {
		return say("%s was not read", "%s tidak dibaca", menu), false
	}
	if read, ok := r.reads[menu]; !ok || !read.Export {
		return say("exports do not contain %s", "ekspor tidak memuat %s", menu), false
	}
	if r.Scope == "" || r.Scope != "/" && menu != r.Scope && !strings.HasPrefix(menu, r.Scope+"/") {
		return say("the export covers only %s", "ekspor hanya mencakup %s", r.Scope), false
	}
	if r.Verbose {
		return say("the verbose export lacks %s", "ekspor verbose tidak memuat %s", menu), false
	}
	return Text{}, true
}

// rows returns the rows of a menu, nil when it is not known.
func (r *Router) rows(menu string) []Row { return r.Menus[menu] }

// active returns pointers to the rows of a menu that are not disabled.
func (r *Router) active(menu string) []*Row {
	var out []*Row
	for i := range r.Menus[menu] {
		if row := &r.Menus[menu][i]; !row.Off() {
			out = append(out, row)
		}
	}
	return out
}

// find returns the row of a menu whose property has the value.
func (r *Router) find(menu, name, value string) *Row {
	for i := range r.Menus[menu] {
		if row := &r.Menus[menu][i]; row.Get(name) == value {
			return row
		}
	}
	return nil
}

// single returns the one row of a menu without rows. An export that lacks it
// means defaults; a live router that lacks it does not have the feature.
func (r *Router) single(menu string) *Row {
	if rows := r.Menus[menu]; len(rows) > 0 {
		return &rows[0]
	}
	if r.IsLive() {
		return &Row{}
	}
	return &Row{absent: absences(menu)}
}

// iface returns the row of the interface of that name, live only.
func (r *Router) iface(name string) *Row { return r.find(MenuInterface, "name", name) }

// prepare makes a router ready for rules.
func (r *Router) prepare(reads map[string]Read) {
	r.reads, r.addrs, r.ends, r.bridges = reads, nil, nil, nil
	for menu, rows := range r.Menus {
		var absent map[string]string
		if r.Source.Kind == Export {
			absent = absences(menu)
		}
		for i := range rows {
			rows[i].absent = absent
		}
	}
	for i := range r.Menus[MenuAddress] {
		row := &r.Menus[MenuAddress][i]
		if p, err := parsePrefix(row.Get("address")); err == nil && !row.Off() {
			r.addrs = append(r.addrs, ownAddress{p, row.Get("interface"), row})
		}
	}
	if r.Reached.IsValid() {
		r.addrs = append(r.addrs, ownAddress{prefix: netip.PrefixFrom(r.Reached, r.Reached.BitLen())})
	}
}

// parsePrefix reads "10.0.0.1/24" or "10.0.0.1".
func parsePrefix(s string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p, nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	return netip.PrefixFrom(a, a.BitLen()), nil
}

// owns returns the address entry that holds addr, nil when it is not the
// router's.
func (r *Router) owns(addr netip.Addr) *ownAddress {
	for i := range r.addrs {
		if r.addrs[i].prefix.Addr() == addr {
			return &r.addrs[i]
		}
	}
	return nil
}

// connected returns the address entry whose network holds addr.
func (r *Router) connected(addr netip.Addr) *ownAddress {
	var best *ownAddress
	for i := range r.addrs {
		if a := &r.addrs[i]; a.prefix.Contains(addr) && (best == nil || a.prefix.Bits() > best.prefix.Bits()) {
			best = a
		}
	}
	return best
}

// A version is the numbers of a release.
type version struct{ major, minor, patch int }

func parseVersion(s string) (version, bool) {
	s, _, _ = strings.Cut(strings.TrimSpace(s), " ")
	if i := strings.IndexFunc(s, func(c rune) bool { return c != '.' && (c < '0' || c > '9') }); i >= 0 {
		s = s[:i] // "7.20beta4" counts as the release that it leads to.
	}
	var v version
	parts := strings.Split(s, ".")
	if len(parts) < 2 {
		return v, false
	}
	for i, p := range []*int{&v.major, &v.minor, &v.patch} {
		if i >= len(parts) {
			break
		}
		n, err := strconv.Atoi(parts[i])
		if err != nil {
			return v, false
		}
		*p = n
	}
	return v, true
}

func (v version) compare(w version) int {
	for _, d := range []int{v.major - w.major, v.minor - w.minor, v.patch - w.patch} {
		if d != 0 {
			return d
		}
	}
	return 0
}
