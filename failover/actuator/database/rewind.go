package database

import (
	"context"
	"fmt"
	"slices"

	"jembatan/health/replication"
	"jembatan/health/replication/gtid"
	"jembatan/tunnel"
)

// rewind lets a returned MariaDB server read again what crash recovery took out of
// its log (see DESIGN.md, "Boot role"): while it was the active one its own
// transactions came back to it from the standby, and its replication position may
// be beyond its log. Left there the links would begin behind what is missing.
// It changes nothing else, and needs all links to be stopped.
func rewind(ctx context.Context, s Server, o replication.Observation) error {
	to, back := rewound(o.Applied, o.Executed, o.Self.ID)
	if s.Engine != tunnel.MariaDB || !back {
		return nil
	}
	if _, err := s.Admin.ExecContext(ctx, "SET GLOBAL gtid_slave_pos=?", to.String()); err != nil {
		return fmt.Errorf("rejoin %s: set back the position %s to %s: %w", s.Name, o.Applied, to, err)
	}
	return nil
}

// rewound returns the position without transactions of the server's own that its
// log does not hold. Of others it says nothing: a server that was restored from a
// copy begins with the position of the copy and an empty log.
func rewound(applied gtid.Position, executed gtid.Set, self uint32) (to gtid.Position, back bool) {
	to = slices.Clone(applied)
	for i, g := range applied {
		var last gtid.GTID // of its domain in the log
		for _, o := range executed.Origins() {
			if n := executed.Last(o); o.Domain == g.Domain && n > last.Sequence {
				last = gtid.GTID{Domain: o.Domain, Server: o.Server, Sequence: n}
			}
		}
		if g.Server == self && last.Sequence > 0 && g.Sequence > last.Sequence {
			to[i], back = last, true
		}
	}
	return to, back
}
