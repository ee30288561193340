package database

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"jembatan/health/replication"
	"jembatan/tunnel"
)

// An Acker makes a standby acknowledge what it receives, or not: the replica side
// of semi-sync.
type Acker struct {
	Server Server
	Active Server // from which it receives what is to be acknowledged
	On     bool
}

// Ensure switches it, has every link that runs make contact anew, since only then
// it takes effect, and reads it back. A server that is as wanted is left alone. Of
// one that is to acknowledge, the link from the active server is started if it
// stands still.
//
// Commits that wait already and that it has received before are never
// acknowledged: it answers only what comes after its contact. MariaDB lets no
// others be made behind them either, so somebody has to let them go: see Acks.
func (a Acker) Ensure(ctx context.Context) error {
	if err := a.ensure(ctx); err != nil {
		return fmt.Errorf("acknowledging by %s: %w", a.Server.Name, err)
	}
	return nil
}

func (a Acker) ensure(ctx context.Context) error {
	active := a.Active.read(ctx)
	if f := active.Failure; f.Reason != replication.NoReason && a.On {
		return fmt.Errorf("links of %s: %s %s", active.Server, f.Reason, f.Detail)
	}
	o := a.Server.read(ctx)
	if f := o.Failure; f.Reason != replication.NoReason {
		return fmt.Errorf("%s %s", f.Reason, f.Detail)
	}
	channel, known, _ := between(o, active, a.Active.Address)
	if a.On && !known {
		return fmt.Errorf("no link from %s is configured: %w", a.Active.Name, ErrUnproven)
	}
	if a.isSo(o, channel) == nil {
		return nil
	}
	if err := a.set(ctx); err != nil {
		return err
	}
	if err := a.renew(ctx, a.links(o, channel)); err != nil {
		return err
	}
	for {
		err := a.isSo(a.Server.read(ctx), channel)
		if err == nil || pause(ctx, 20*time.Millisecond) != nil {
			return err
		}
	}
}

// isSo compares what was read with what is wanted. channel is that from the active
// server.
func (a Acker) isSo(o replication.Observation, channel string) error {
	want := replication.No
	if a.On {
		want = replication.Yes
	}
	if o.SemiSync.Enabled != want || o.SemiSync.Replica != want {
		return fmt.Errorf("its side is switched on: %s, and works: %s: %w", o.SemiSync.Enabled, o.SemiSync.Replica, ErrUnproven)
	}
	for _, l := range o.Links {
		if a.On && l.Channel == channel && l.IO != replication.Running {
			return fmt.Errorf("it does not read from %s: %w", a.Active.Name, ErrUnproven)
		}
	}
	return nil
}

// links are the channels to make contact anew: that from the active server first,
// whose packets alone are marked for acknowledgement.
func (a Acker) links(o replication.Observation, channel string) []string {
	var out []string
	for _, l := range o.Links {
		switch {
		case l.Channel == channel && (a.On || l.IO == replication.Running):
			out = append([]string{l.Channel}, out...)
		case l.Channel != channel && l.IO == replication.Running: // One that connects will do so with what is set now.
			out = append(out, l.Channel)
		}
	}
	return out
}

func (a Acker) set(ctx context.Context) error {
	name := "rpl_semi_sync_slave_enabled"
	if a.Server.Engine == tunnel.MySQL {
		var value string
		err := a.Server.Admin.QueryRowContext(ctx, "SHOW GLOBAL VARIABLES WHERE Variable_name IN"+
			" ('rpl_semi_sync_replica_enabled','rpl_semi_sync_slave_enabled')").Scan(&name, &value)
		if err != nil {
			return fmt.Errorf("semi-sync plugin: %w", err)
		}
	}
	if _, err := a.Server.Admin.ExecContext(ctx, "SET GLOBAL "+name+"=?", a.On); err != nil {
		return fmt.Errorf("set %s: %w", name, err)
	}
	return nil
}

// renewLimit bounds the stop of a receiving thread, which may be in a read from a
// source that is silent, and its start.
const renewLimit = 3 * time.Second

// renew stops the receiving threads and starts them again, whatever becomes of
// ctx: a link that was left stopped would be left for good.
func (a Acker) renew(ctx context.Context, links []string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	errs := a.all(ctx, "STOP", links)
	slices.Reverse(links) // The one that is marked starts last: another one's contact would unmark it.
	return errors.Join(errs, a.all(ctx, "START", links))
}

// all does the same to the receiving threads of all links.
func (a Acker) all(ctx context.Context, verb string, links []string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewLimit)
	defer cancel()
	var errs []error
	for _, channel := range links {
		errs = append(errs, a.Server.link(ctx, verb, channel, "IO_THREAD"))
	}
	return errors.Join(errs...)
}
