//go:build linux

package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"jembatan/failover"
	"jembatan/failover/journal"
	"jembatan/failover/runner"
	"jembatan/internal/api"
	"jembatan/internal/load"
	"jembatan/routeros"
	"jembatan/tunnel"
)

// A Scenario is a story of faults, and what has to come of it.
type Scenario struct {
	Name    string
	About   string
	Variant Variant
	Steps   []Step
	Expect  Expect
	// Settle is how long the service may take to come to what is expected after
	// the last step; Stay is how long it has to be so.
	Settle, Stay time.Duration
	Short        bool // it is part of the short run
	Both         bool // and there with a virtual address, too
	Patient      bool // the short run has it in profile wan: it lasts, and a machine that others use fools lan meanwhile
	Rivals       bool // others are measured beside it
	Apart        bool // the sites are cut off from each other, and from a virtual address
	Clean        bool // a server that lost its power has to join by itself, which only MariaDB's does
	Three        bool // the third server has a part
	Once         bool // it takes so long that once is enough
	crossed      bool // it is another one's variant
	// Every is the time between two pages of a client, where that is longer than the
	// options have it: an hour of pages, and nobody asks how long one took.
	Every time.Duration
}

// A Step is one thing that is done, or waited for.
type Step struct {
	Name string
	do   func(ctx context.Context, p *play) error
}

// fault makes a fault of the lab. The first one is the moment that is counted from.
func fault(words ...string) Step {
	return Step{strings.Join(words, " "), func(ctx context.Context, p *play) error {
		p.mark(false)
		_, err := p.lab.Fault(ctx, words...)
		return err
	}}
}

// mend takes faults back.
func mend(words ...string) Step {
	return Step{"clear " + strings.Join(words, " "), func(ctx context.Context, p *play) error {
		_, err := p.lab.Fault(ctx, append([]string{"clear"}, words...)...)
		return err
	}}
}

// wait lets time pass.
func wait(d time.Duration) Step {
	return Step{"wait " + d.String(), func(ctx context.Context, _ *play) error { return pause(ctx, d) }}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// command is an operator's wish. One that is refused is repeated for a while: on a
// machine that is busy with other things a server is suspected now and then.
func command(verb failover.Verb, server string) Step {
	return request(api.CommandRequest{Verb: verb.String(), Server: server})
}

// request is a command with all that one may say.
func request(in api.CommandRequest) Step {
	return Step{strings.TrimSpace(in.Verb + " " + in.Server), func(ctx context.Context, p *play) error {
		for begun := time.Now(); ; {
			a, err := p.control.Command(ctx, p.of.Name, in)
			if err != nil || a.Accepted {
				return err
			}
			if time.Since(begun) > repeated {
				return fmt.Errorf("refused: %s %s", a.Reason, a.Detail)
			}
			if err := pause(ctx, 2*pollStatus); err != nil {
				return err
			}
			if p.counting {
				p.mark(true)
			}
		}
	}}
}

// repeated is how long a command is repeated.
const repeated = 10 * time.Second

// counted is a step whose beginning is the moment that is counted from.
func counted(s Step) Step {
	do := s.do
	s.do = func(ctx context.Context, p *play) error {
		p.mark(true)
		p.counting = true
		defer func() { p.counting = false }()
		return do(ctx, p)
	}
	return s
}

// until waits for a phase with the second server being active.
func until(phase failover.Phase, limit time.Duration) Step {
	return Step{"until " + phase.String() + " at " + second, func(ctx context.Context, p *play) error {
		return p.control.await(ctx, phase.String(), limit, func(s status) bool { return s.Phase == phase && s.Active == second })
	}}
}

// activeDies takes the power of the active server, whoever that is, and waits until
// another one is active.
func activeDies(limit time.Duration) Step {
	return Step{"the active server loses its power", func(ctx context.Context, p *play) error {
		now, err := p.control.status(ctx)
		if err != nil {
			return err
		}
		p.mark(true)
		if _, err := p.lab.Fault(ctx, "power-off", now.Active); err != nil {
			return err
		}
		return p.control.await(ctx, "another one active", limit, func(s status) bool { return s.Active != now.Active && s.Move == nil })
	}}
}

// holdsAll waits until a standby is proven to hold every acknowledged row, from now
// on: it acknowledges, and nobody else does.
func holdsAll(server string, limit time.Duration) Step {
	return Step{server + " holds all that is acknowledged", func(ctx context.Context, p *play) error {
		since := time.Now()
		return p.control.await(ctx, server+" holding all", limit, func(s status) bool {
			return slices.ContainsFunc(s.Servers, func(one runner.ServerStatus) bool { return one.Name == server && one.LosslessAt.After(since) })
		})
	}}
}

// alerted waits until an alert has been raised since the rehearsal began.
func alerted(reason failover.Reason, limit time.Duration) Step {
	return Step{"alert " + string(reason), func(ctx context.Context, p *play) error {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		err := p.control.follow(ctx, 0, func(e journal.Entry) bool { return e.Kind == journal.KindAlert && e.Reason == reason })
		if err != nil {
			return fmt.Errorf("no alert %s within %v: %w", reason, limit, err)
		}
		return nil
	}}
}

// byHand changes a row of a router's menu by its name, as somebody does who works
// on it.
func byHand(router, menu, name string, change ...string) Step {
	return Step{fmt.Sprintf("%s: %s %s by hand: %s", router, menu, name, strings.Join(change, " ")), func(ctx context.Context, p *play) error {
		p.mark(false)
		s, err := p.dial(ctx, router)
		if err != nil {
			return err
		}
		defer func() { _ = s.Close() }()
		_, _, err = routeros.Ensure(ctx, s, menu, routeros.FieldsOf("name", name), routeros.FieldsOf(change...))
		return err
	}}
}

// reload has the controller read its topology again: first one that cannot be read,
// which it has to refuse at its place and go on, and then the right one.
func reload() Step {
	return Step{"reload", func(ctx context.Context, p *play) error {
		file := filepath.Join(p.dir, insideFile)
		right, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(file, append(right, "services:\n"...), 0o600); err != nil { //nolint:gosec // A directory that the rehearsal made itself.
			return err
		}
		refused := p.control.Reload(ctx)
		if err := os.WriteFile(file, right, 0o600); err != nil { //nolint:gosec // The same.
			return err
		}
		if refused == nil {
			return errors.New("a topology with services twice was taken")
		}
		if !strings.Contains(refused.Error(), insideFile+":") {
			return fmt.Errorf("refused, and not at its place: %w", refused)
		}
		return p.control.Reload(ctx)
	}}
}

// onPhase does a step as soon as the history says that a phase has begun. What
// comes after it goes on meanwhile.
func onPhase(phase failover.Phase, s Step) Step {
	return Step{s.Name + " on " + phase.String(), func(_ context.Context, p *play) error {
		p.aside(func(ctx context.Context) error {
			err := p.control.follow(ctx, 0, func(e journal.Entry) bool { return e.Kind == journal.KindPhase && e.Phase == phase })
			if err != nil {
				return fmt.Errorf("%s has not begun: %w", phase, err)
			}
			return s.do(ctx, p)
		})
		return nil
	}}
}

// killController kills the controller with SIGKILL; it is started again at once.
func killController() Step {
	return Step{"kill -9 the controller", func(ctx context.Context, p *play) error {
		_, err := p.lab.Fault(ctx, "kill", controllerHost, p.control.program)
		return err
	}}
}

// local lets somebody at the first server's own site write to it directly.
func local() Step {
	return Step{"a local user writes", func(_ context.Context, p *play) error {
		first := p.of.Servers[0]
		var err error
		p.clients.local, err = p.lab.Watch(p.life, first.Router, load.Options{
			Database: first.Address.String() + ":3306", Rows: rowPause, Timeout: tryConnect, Answer: time.Second,
		})
		return err
	}}
}

// databaseDies kills the database of a server.
func databaseDies(server string) Step {
	return Step{"kill the database of " + server, func(ctx context.Context, p *play) error {
		return fault("kill", server, p.of.Replication.Engine.String()).do(ctx, p)
	}}
}

// errant makes a transaction that no other server will ever get, without waiting for
// anybody to acknowledge it.
func errant(host string) Step {
	return Step{"a write that " + host + " alone has", func(ctx context.Context, p *play) error {
		side := "rpl_semi_sync_master_enabled"
		if p.of.Replication.Engine == tunnel.MySQL {
			side = "rpl_semi_sync_source_enabled"
		}
		out, err := execute(ctx, p.lab.Client, p.dir, host, "mariadb", "--no-defaults", "-S", "/run/lab/"+host+"/mysqld.sock", "-u", "root",
			"-e", "SET GLOBAL "+side+"=OFF; INSERT INTO lab.acked VALUES (1, 1)")
		fmt.Fprint(p.trace, out)
		return err
	}}
}
