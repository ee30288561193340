package runner

import (
	"maps"
	"slices"
	"time"

	"jembatan/failover"
	"jembatan/health"
)

// A Status is how a service is, for people and programs.
type Status struct {
	Service string          `json:"service"`
	Leading bool            `json:"leading"` // this controller acts
	Epoch   uint64          `json:"epoch"`
	Phase   failover.Phase  `json:"phase"`
	Reason  failover.Reason `json:"reason,omitempty"`
	Detail  string          `json:"detail,omitempty"`
	Active  string          `json:"active"`
	// Writable is the only server that may accept writes; empty: none may.
	Writable string         `json:"writable,omitempty"`
	Since    time.Time      `json:"since,omitzero"` // since when Active is
	Move     *failover.Move `json:"move,omitempty"`
	// Running are the effects under way, and Owed those that are tried again.
	Running  []string        `json:"running,omitempty"`
	Owed     []failover.Debt `json:"owed,omitempty"`
	Degraded []string        `json:"degraded,omitempty"` // routers that have not done all that they should
	Blocked  []string        `json:"blocked,omitempty"`  // servers behind a block rule
	Paused   bool            `json:"paused,omitempty"`
	Pinned   bool            `json:"pinned,omitempty"`
	Maintain []string        `json:"maintenance,omitempty"` // servers; empty text is the service
	NeedAck  bool            `json:"need_ack,omitempty"`
	Moves    []time.Time     `json:"moves,omitempty"` // automatic ones of the last day
	Routers  Routers         `json:"routers"`
	Servers  []ServerStatus  `json:"servers"`
}

// Routers counts those of the service that answer.
type Routers struct {
	Reachable int `json:"reachable"`
	Total     int `json:"total"`
}

// A ServerStatus is how one server is.
type ServerStatus struct {
	Name   string             `json:"name"`
	Active bool               `json:"active"`
	Health health.Explanation `json:"health"`
	// Sync is how its data stands to the active server's.
	Sync     failover.Sync `json:"sync"`
	Behind   uint64        `json:"behind,omitempty"`
	Lag      time.Duration `json:"lag,omitempty"`
	Code     int           `json:"code,omitempty"`
	SyncedAt time.Time     `json:"synced_at,omitzero"`
	// SyncWhy says why Sync is not better, for people.
	SyncWhy string `json:"sync_why,omitempty"`
	// LosslessAt is when it last held every transaction that was acknowledged.
	LosslessAt time.Time `json:"lossless_at,omitzero"`
	Errant     bool      `json:"errant,omitempty"`
	Open       bool      `json:"open"` // it was seen accepting writes
}

func (l *loop) status() Status {
	s := l.machine.State()
	out := Status{
		Service: l.o.Config.Service, Leading: l.term != nil, Epoch: s.Epoch, Phase: s.Phase, Reason: s.Reason, Detail: l.detail,
		Active: s.Active, Writable: s.Writable, Since: s.Baseline, Move: s.Move, Owed: s.Debts, Degraded: s.Degraded, Blocked: s.Blocked,
		Paused: s.Paused, Pinned: s.Pinned, Maintain: s.Maintain, NeedAck: s.NeedAck, Moves: s.Moves,
	}
	if l.routers != nil {
		out.Routers = Routers{l.routers.Reachable, l.routers.Total}
	}
	for _, id := range slices.Sorted(maps.Keys(s.Pending)) {
		out.Running = append(out.Running, s.Pending[id].Kind.String()+" "+s.Pending[id].Server)
	}
	for _, name := range l.o.Config.Servers {
		r := l.repl[name]
		out.Servers = append(out.Servers, ServerStatus{
			Name: name, Active: name == s.Active, Health: l.health.Explain(name), Sync: r.Sync, Behind: r.Behind, Lag: r.Lag, Code: r.Code,
			SyncedAt: s.Synced[name].SyncedAt, LosslessAt: s.Synced[name].LosslessAt, Errant: r.Errant, Open: r.Open,
		})
	}
	return out
}
