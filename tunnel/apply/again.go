package apply

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"jembatan/routeros"
	"jembatan/tunnel/plan"
)

// A ShortError says that an object is there again, or was set back, and is
// nevertheless not all that it was.
type ShortError struct {
	Name  string
	Lacks []string // what is missing, each a phrase for people
}

// Error lists what is missing.
func (e *ShortError) Error() string {
	return e.Name + " was put back, but " + strings.Join(e.Lacks, "; ")
}

// addAgain adds a removed object with everything that was set on it, by us or
// by others, unless it is there already: an answer may have been lost. What
// cannot be given back goes into short, before anything is written.
func (h *hands) addAgain(ctx context.Context, c routeros.Caller, d *deed, short *ShortError) error {
	s := d.step
	rows, err := h.print(ctx, s.Router, s.Menu, "?comment="+d.row["comment"])
	if err != nil || len(rows) > 0 {
		return err
	}
	short.Lacks = nil // This is another try of the same.
	if plan.HidesSecret(s.Menu, d.row) {
		short.Lacks = append(short.Lacks, "without its IPsec secret, which the API user may not read")
	}
	users, err := danglers(ctx, c, s.Menu, d.id)
	if err != nil {
		return err
	}
	if len(users) > 0 {
		short.Lacks = append(short.Lacks, fmt.Sprintf(
			"these still point at the one that was removed (%s) and have to be set to it again: %s", d.id, strings.Join(users, ", ")))
	}
	err = createAt(ctx, c, s, allFields(s.Menu, d.row))
	trap, refused := errors.AsType[*routeros.TrapError](err)
	if !refused || narrows(s.Menu) {
		return err
	}
	short.Lacks = append(short.Lacks, "only with what jembatan sets: the router refused to take all that it had, "+trap.Message)
	return createAt(ctx, c, s, plannedFields(s.Menu, d.row))
}

// narrows reports whether an object of the menu with fewer properties would
// match more than it did: a rule without one of its conditions is another rule.
func narrows(menu string) bool { return menu == plan.MenuNAT || menu == plan.MenuFilter }

// createAt adds an object where it stood. An argument that the router does not
// know is left out: it is one that the router prints and nobody can set.
func createAt(ctx context.Context, c routeros.Caller, s *plan.Step, f routeros.Fields) error {
	if before := s.Was["place-before"]; before != "" {
		f = f.With("place-before", before)
	}
	for {
		_, err := routeros.Create(ctx, c, s.Menu, f)
		name := unknownArgument(err)
		if errors.Is(err, routeros.ErrNotFound) {
			name = "place-before" // The row that it stood before is gone.
		}
		at := slices.IndexFunc(f, func(x routeros.Field) bool { return x.Name == name })
		if err == nil || at < 0 {
			return err
		}
		f = slices.Delete(f, at, at+1)
	}
}

// unknownArgument is the argument that a router refused because its command
// does not have it; empty for any other error.
func unknownArgument(err error) string {
	trap, ok := errors.AsType[*routeros.TrapError](err)
	if !ok {
		return ""
	}
	name, ok := strings.CutPrefix(trap.Message, "unknown parameter ")
	if !ok {
		return ""
	}
	return strings.TrimLeft(name, "=!")
}

// allFields are all properties that an object had, save those that cannot be set.
func allFields(menu string, row map[string]string) routeros.Fields {
	f := plannedFields(menu, row)
	for _, name := range slices.Sorted(maps.Keys(row)) {
		if value := row[name]; value != "" && !strings.HasPrefix(name, ".") && !isReadOnly(menu, name) {
			f = f.With(name, value)
		}
	}
	return f
}

// plannedFields are those properties of an object that plans write.
func plannedFields(menu string, row map[string]string) routeros.Fields {
	var f routeros.Fields
	for _, name := range plan.Writable(menu) {
		if value, ok := row[name]; ok && value != "" {
			f = f.With(name, value)
		} else if !ok && plan.HasDefault(menu, name) {
			f = f.NoValue(name)
		}
	}
	return f
}

// isReadOnly reports whether a router prints a property and does not take it.
// The list need not be complete: it saves one refusal for each name on it (see
// createAt).
func isReadOnly(menu, name string) bool {
	switch name {
	case "dynamic", "invalid", "inactive", "running", "slave", "managed", "about", // flags of many menus
		"actual-mtu", "l2mtu", "current-remote-address", "loop-protect-status", // tunnels and bridges
		"status", "role", "hw-offload", "actual-path-cost", "debug-info", // bridge ports
		"actual-interface", "active", "static", "immediate-gw", "gateway-status", // addresses and routes
		"bytes", "packets", "since", "master", "backup": // rules, netwatch, VRRP
		return true
	case "mac-address":
		return menu != plan.MenuEoIP // Others have admin-mac, or derive it.
	}
	return false
}
