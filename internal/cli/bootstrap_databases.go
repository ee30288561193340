package cli

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"jembatan/internal/bootstrap"
	"jembatan/tunnel"
)

var errNoReplication = errors.New("--databases: no service of the topology has a replication")

// printDatabases prints how the database servers are prepared, or with --remove
// how that is taken away.
func printDatabases(g *globals, t *tunnel.Topology, f *bootstrapFlags, controller netip.Prefix) error {
	servers := databases(t, controller)
	if len(servers) == 0 {
		return errNoReplication
	}
	for _, name := range f.only {
		if !slices.ContainsFunc(servers, func(d bootstrap.Database) bool { return d.Service.Servers[d.Server].Name == name }) {
			return fmt.Errorf("--only: no service with a replication has a server %q", name)
		}
	}
	for _, d := range servers {
		if len(f.only) > 0 && !slices.Contains(f.only, d.Service.Servers[d.Server].Name) {
			continue
		}
		text := d.Setup()
		if f.remove {
			text = d.Removal()
		}
		if _, err := fmt.Fprintln(g.env.Stdout, text); err != nil {
			return err
		}
	}
	return nil
}

// databases are the servers of all services with a replication, in the order of
// the file.
func databases(t *tunnel.Topology, controller netip.Prefix) []bootstrap.Database {
	var out []bootstrap.Database
	for i := range t.Services {
		svc := &t.Services[i]
		if svc.Replication.Engine == tunnel.EngineUnknown {
			continue
		}
		for server := range svc.Servers {
			out = append(out, bootstrap.Database{Service: svc, Server: server, Controller: controller})
		}
	}
	return out
}
