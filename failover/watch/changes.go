package watch

import (
	"jembatan/failover"
	"jembatan/health/replication"
)

// Changes makes the events of a round: one for every server. tested says of which
// servers a test write, rolled back, has succeeded lately.
func Changes(r replication.Report, tested map[string]bool) []failover.ReplicationChanged {
	out := make([]failover.ReplicationChanged, 0, len(r.Servers))
	for i := range r.Servers {
		s := &r.Servers[i]
		out = append(out, failover.ReplicationChanged{
			Time: r.At, Server: s.Server, Sync: syncOf(s.State),
			Behind: s.Behind, Lag: s.Lag, Code: int(s.Errno), SourceLost: s.SourceLost,
			Drained: s.Drained == replication.Yes, Fresh: s.Fresh == replication.Yes, Errant: !s.Errant.Empty(),
			Up: s.Up, SyncedAt: s.SyncedAt, LosslessAt: s.LosslessAt, WriteTested: tested[s.Server],
			Acking: s.Acking == replication.Yes, Silent: s.Silent == replication.Yes, Loud: s.Silent == replication.No,
			Crowded: s.Crowded == replication.Yes, Stuck: s.Stuck == replication.Yes,
			AcksOn: s.Waits == replication.Yes, AcksOff: s.Waits == replication.No,
			Open: s.Open == replication.Yes, Closed: s.Open == replication.No,
		})
	}
	return out
}

func syncOf(s replication.State) failover.Sync {
	switch s {
	case replication.InSync:
		return failover.InSync
	case replication.Lagging:
		return failover.Lagging
	case replication.Broken:
		return failover.Broken
	case replication.Forked:
		return failover.SyncForked
	case replication.Unknown:
	}
	return failover.SyncUnclear
}
