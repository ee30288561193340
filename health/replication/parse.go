package replication

import (
	"math"
	"strings"
	"time"

	"jembatan/health/replication/gtid"
	"jembatan/tunnel"
)

// Parse makes an observation of what a server of one family printed. It cannot
// fail: what is missing or unreadable is listed in Gaps and left unknown.
func Parse(engine tunnel.DatabaseEngine, raw Raw) Observation {
	v := raw.Variables
	obs := Observation{
		Engine: engine, Version: v["version"], Settings: v, SemiSync: parseSemiSync(engine, raw),
		ReadOnly: v.flag("read_only"), SuperReadOnly: v.flag("super_read_only"),
	}
	if id, ok := v.number("server_id"); ok && id <= math.MaxUint32 {
		obs.Self.ID = uint32(id)
	} else {
		obs.gap("server_id")
	}
	if obs.ReadOnly == FlagUnknown {
		obs.gap("read_only")
	}
	if engine == tunnel.MariaDB {
		obs.mariadb(v)
	} else {
		obs.mysql(v)
	}
	if n, ok := raw.Status.number("Uptime"); ok && n < math.MaxInt64/uint64(time.Second) {
		obs.Up = time.Duration(n) * time.Second
	}
	for _, row := range raw.Links {
		obs.Links = append(obs.Links, parseLink(engine, row, raw))
	}
	obs.tokens(raw.Tokens)
	return obs
}

func (o *Observation) gap(name string) { o.Gaps = append(o.Gaps, name) }

func (o *Observation) mariadb(v Row) {
	state, ok := v.get("gtid_binlog_state")
	set, err := gtid.ParseMariaDB(state)
	o.Executed = set
	o.Comparable = v.both("log_bin", "log_slave_updates")
	if !ok || err != nil {
		o.gap("gtid_binlog_state")
		o.Comparable = FlagUnknown
	}
	position, ok := v.get("gtid_slave_pos")
	applied, err := gtid.ParsePosition(position)
	o.Applied = applied
	if !ok || err != nil {
		o.gap("gtid_slave_pos")
	}
}

func (o *Observation) mysql(v Row) {
	o.Self.UUID = strings.ToLower(v["server_uuid"])
	o.Comparable = flagOf(strings.EqualFold(v["gtid_mode"], "ON"))
	for name, into := range map[string]*gtid.Set{"gtid_executed": &o.Executed, "gtid_purged": &o.Purged} {
		text, ok := v.get(name)
		set, err := gtid.ParseMySQL(text)
		*into = set
		if !ok || err != nil {
			o.gap(name)
			o.Comparable = FlagUnknown
		}
	}
	if o.Self.UUID == "" {
		o.gap("server_uuid")
		o.Comparable = FlagUnknown
	}
}

// both is Yes when each of the variables is on.
func (r Row) both(a, b string) Flag {
	x, y := r.flag(a), r.flag(b)
	if x == FlagUnknown || y == FlagUnknown {
		return FlagUnknown
	}
	return flagOf(x == Yes && y == Yes)
}

func (o *Observation) tokens(rows []Row) {
	if rows == nil {
		o.gap(HeartbeatTable)
		return
	}
	o.Tokens = map[uint32]Token{}
	for _, r := range rows {
		id, ok1 := r.number("server_id")
		value, ok2 := r.number("token")
		epoch, ok3 := r.number("epoch")
		if ok1 && ok2 && ok3 && id <= math.MaxUint32 {
			o.Tokens[uint32(id)] = Token{value, epoch}
		}
	}
}

func parseSemiSync(engine tunnel.DatabaseEngine, raw Raw) SemiSync {
	st, v := raw.Status, raw.Variables
	out := SemiSync{
		Source:  st.flag("Rpl_semi_sync_master_status", "Rpl_semi_sync_source_status"),
		Replica: st.flag("Rpl_semi_sync_slave_status", "Rpl_semi_sync_replica_status"),
		Clients: -1, NoTx: -1, YesTx: -1, Waiting: -1, Acks: 1,
	}
	if n, ok := st.number("Rpl_semi_sync_master_clients", "Rpl_semi_sync_source_clients"); ok && n < math.MaxInt32 {
		out.Clients = int(n)
	}
	if n, ok := st.number("Rpl_semi_sync_master_wait_sessions", "Rpl_semi_sync_source_wait_sessions"); ok && n < math.MaxInt32 {
		out.Waiting = int(n)
	}
	if n, ok := st.number("Rpl_semi_sync_master_no_tx", "Rpl_semi_sync_source_no_tx"); ok && n < math.MaxInt64 {
		out.NoTx = int64(n)
	}
	if n, ok := st.number("Rpl_semi_sync_master_yes_tx", "Rpl_semi_sync_source_yes_tx"); ok && n < math.MaxInt64 {
		out.YesTx = int64(n)
	}
	if engine == tunnel.MySQL {
		n, ok := v.number("rpl_semi_sync_source_wait_for_replica_count", "rpl_semi_sync_master_wait_for_slave_count")
		if ok && n < math.MaxInt32 {
			out.Acks = int(n)
		}
	}
	out.Enabled = v.flag("rpl_semi_sync_slave_enabled", "rpl_semi_sync_replica_enabled")
	if engine == tunnel.MySQL && out.Enabled == FlagUnknown && len(v) > 0 {
		out.Enabled, out.Replica = No, No // The plugin is not there.
	}
	point, _ := v.get("rpl_semi_sync_master_wait_point", "rpl_semi_sync_source_wait_point")
	out.Point = strings.ToUpper(point)
	return out
}
