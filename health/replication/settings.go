package replication

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"jembatan/tunnel"
)

// A demand is one setting that must have one of some values.
type demand struct {
	names []string // by version
	want  []string // any of them, upper case
	why   string
}

// demandsOf are the settings that a verdict or a failover relies on.
func demandsOf(engine tunnel.DatabaseEngine) []demand {
	on := []string{"1", "ON"}
	out := []demand{
		{[]string{"log_bin"}, on, "without a binary log nothing is replicated"},
		{[]string{"sync_binlog"}, []string{"1"}, "a crash of the machine loses acknowledged transactions"},
		{[]string{"innodb_flush_log_at_trx_commit"}, []string{"1"}, "a crash of the machine loses acknowledged transactions"},
		{[]string{"log_slave_updates", "log_replica_updates"}, on, "what a server holds cannot be compared"},
		{[]string{"slave_skip_errors", "replica_skip_errors"}, []string{"", "OFF"}, "conflicts are passed over in silence"},
		{[]string{"slave_exec_mode", "replica_exec_mode"}, []string{"STRICT"}, "conflicts are passed over in silence"},
		{[]string{"relay_log_recovery"}, on, "a relay log torn by a crash is applied"},
	}
	if engine == tunnel.MySQL {
		return append(out, demand{[]string{"gtid_mode"}, []string{"ON"}, "transactions cannot be compared"},
			demand{[]string{"enforce_gtid_consistency"}, on, "statements may escape their GTID"},
			demand{[]string{"replica_preserve_commit_order", "slave_preserve_commit_order"}, on, "a stopped server may have gaps"})
	}
	return append(out, demand{[]string{"gtid_strict_mode"}, on, "a fork heals in silence, with different data"},
		demand{[]string{"binlog_format"}, []string{"ROW"}, "statements may have another effect on the other server"})
}

// warnings returns every unsafe setting, in the order of the servers.
func warnings(s Sample, r Rules) []Warning {
	var out []Warning
	for _, o := range s.Servers {
		if o.Failure.Reason != NoReason {
			continue
		}
		add := func(setting, have, want, why string) {
			out = append(out, Warning{o.Server, setting, have, want, why})
		}
		for _, d := range demandsOf(o.Engine) {
			have, ok := Row(o.Settings).get(d.names...)
			if !ok {
				have = "(not there)"
			}
			if !ok || !slices.Contains(d.want, strings.ToUpper(have)) {
				add(d.names[0], have, d.want[len(d.want)-1], d.why)
			}
		}
		if have, ok := Row(o.Settings).get("event_scheduler"); r.Lease && ok && !slices.Contains([]string{"1", "ON"}, strings.ToUpper(have)) {
			add("event_scheduler", have, "ON", "the server does not fence itself, unless a guard runs beside it")
		}
		o.timers(add)
		o.channels(add)
		o.roles(add, s, r)
	}
	return append(out, together(s)...)
}

// channels warns of several links beside semi-sync: on MySQL a link then breaks when
// another one ends (MySQL bug 102994).
func (o *Observation) channels(add func(setting, have, want, why string)) {
	side := o.SemiSync.Enabled == Yes || o.SemiSync.Source == Yes
	if o.Engine == tunnel.MySQL && side && len(o.Links) > 1 {
		add("replication channels", strconv.Itoa(len(o.Links)), "1", "on MySQL semi-sync has one link break with another: two servers")
	}
}

// timers warns of a dead source that would be noticed late.
func (o *Observation) timers(add func(setting, have, want, why string)) {
	if n, ok := Row(o.Settings).number("slave_net_timeout", "replica_net_timeout"); !ok || n > 10 {
		add("slave_net_timeout", o.Settings["slave_net_timeout"]+o.Settings["replica_net_timeout"], "4", "a frozen source is noticed after this long")
	}
	for _, l := range o.Links {
		if l.HeartbeatsKnown == Yes && (l.HeartbeatPeriod <= 0 || l.HeartbeatPeriod.Seconds() > 5) {
			add("heartbeat period", l.HeartbeatPeriod.String(), "1s", "an idle link looks like a dead one")
		}
	}
	if len(o.Links) > 1 && Row(o.Settings).flag("gtid_ignore_duplicates") == No {
		add("gtid_ignore_duplicates", "OFF", "ON", "a transaction that comes over two links is applied twice")
	}
}

// roles warns of settings that do not fit what the server is now.
func (o *Observation) roles(add func(setting, have, want, why string), s Sample, r Rules) {
	source := Row(o.Settings).flag("rpl_semi_sync_master_enabled", "rpl_semi_sync_source_enabled")
	if s.Active != "" && o.Server != s.Active {
		if o.ReadOnly != Yes {
			add("read_only", o.ReadOnly.String(), "ON", "a standby that accepts writes makes a fork possible")
		}
		if source == Yes {
			add("rpl_semi_sync_master_enabled", "ON", "OFF", "applying on a standby waits for acknowledgements")
		}
	}
	if !r.SemiSync || o.Server != s.Active {
		return
	}
	if o.SemiSync.Source != Yes {
		add("rpl_semi_sync_master_enabled", o.SemiSync.Source.String(), "ON", "an acknowledged transaction may be on one server only")
	}
	if o.SemiSync.Point != "AFTER_SYNC" {
		add("rpl_semi_sync_master_wait_point", o.SemiSync.Point, "AFTER_SYNC", "others see a transaction before the standby has it")
	}
	if o.SemiSync.Clients > o.SemiSync.Acks {
		add("rpl_semi_sync_slave_enabled", strconv.Itoa(o.SemiSync.Clients)+" servers acknowledge", strconv.Itoa(o.SemiSync.Acks),
			"a commit waits for any of them, so none alone is sure to have it")
	}
}

// together warns of settings that must differ, or agree, between servers.
func together(s Sample) []Warning {
	var out []Warning
	offsets, domains := map[string]string{}, map[string]string{}
	observed := 0
	for _, o := range s.Servers {
		if o.Failure.Reason == NoReason {
			observed++
		}
	}
	for _, o := range s.Servers {
		if o.Failure.Reason != NoReason {
			continue
		}
		if n, ok := Row(o.Settings).number("auto_increment_increment"); !ok || n < uint64(observed) {
			out = append(out, Warning{
				o.Server, "auto_increment_increment", o.Settings["auto_increment_increment"],
				fmt.Sprintf("%d or more", observed), "two servers may give out one key",
			})
		}
		offset := o.Settings["auto_increment_offset"]
		if other, taken := offsets[offset]; taken {
			out = append(out, Warning{o.Server, "auto_increment_offset", offset, "another than " + other + "'s", "two servers may give out one key"})
		}
		offsets[offset] = o.Server
		if d, ok := o.Settings["gtid_domain_id"]; ok {
			domains[d] = o.Server
		}
	}
	if len(domains) > 1 {
		out = append(out, Warning{
			s.Servers[0].Server, "gtid_domain_id", fmt.Sprintf("%d different", len(domains)), "one for all servers",
			"conflicting writes on two servers heal in silence",
		})
	}
	return out
}
