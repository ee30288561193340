package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"jembatan/internal/app"
	"jembatan/internal/config"
	"jembatan/routeros"
	"jembatan/tunnel"
	"jembatan/tunnel/status"
)

func (d *demo) resolve(ref tunnel.SecretRef) (routeros.Secret, error) { return app.Secret(d.env, ref) }

func (d *demo) firstPlan(ctx context.Context) error {
	d.chapter("What would change")
	return d.run(ctx, 2, "plan", "-f", fileName, "--out", "plan.json")
}

func (d *demo) firstApply(ctx context.Context) error {
	d.chapter("Do it: both ends of every tunnel, or neither")
	return d.run(ctx, 0, "apply", "-f", fileName, "--plan", "plan.json", "--yes")
}

func (d *demo) tunnelsRun(ctx context.Context) error {
	d.say("\nWaiting for the first keepalives …")
	took, err := d.until(ctx, "every tunnel runs", func(r *status.Report) bool { return r.AllWell() })
	if err != nil {
		return err
	}
	d.say("Every tunnel runs after %.1f s.\n", took.Seconds())
	return d.run(ctx, 0, "status", "-f", fileName)
}

func (d *demo) edit(ctx context.Context) error {
	d.chapter("At night somebody edits one end by hand")
	d.say("[admin@sby] > /interface eoip set [find name=eoip-servers-jkt-metro] mtu=1400 keepalive=10s,10")
	s, err := d.session(ctx, "sby")
	if err != nil {
		return err
	}
	defer s.Close()
	rows, err := routeros.Print(ctx, s, "/interface/eoip", []string{".id", "name"}, "?name=eoip-servers-jkt-metro")
	if err != nil {
		return err
	}
	if len(rows) != 1 {
		return fmt.Errorf("demo: %d tunnels of that name on sby", len(rows))
	}
	return routeros.Update(ctx, s, "/interface/eoip", []string{rows[0].ID()}, routeros.FieldsOf("mtu", "1400", "keepalive", "10s,10"))
}

func (d *demo) drift(ctx context.Context) error {
	d.say("\nThe tunnel still runs, so nobody notices. The plan does:")
	return d.run(ctx, 2, "plan", "-f", fileName, "--out", "plan.json")
}

func (d *demo) repair(ctx context.Context) error {
	return d.run(ctx, 0, "apply", "-f", fileName, "--plan", "plan.json", "--yes")
}

func (d *demo) cut(ctx context.Context) error {
	d.chapter("An excavator meets the metro fibre between Jakarta and Surabaya")
	pings := d.ground.watch(ctx)
	if err := d.ground.cut(ctx); err != nil {
		return err
	}
	took, err := d.until(ctx, "the metro tunnel is down and the bond carries on", func(r *status.Report) bool {
		l := bond(r)
		return l != nil && l.Health == status.Degraded && bothEnds(&l.Tunnels[0], status.Down) && bothEnds(&l.Tunnels[1], status.Up)
	})
	if err != nil {
		return err
	}
	d.say("Noticed by both routers after %.1f s (keepalive 1s,3); the bond moved to lte:", took.Seconds())
	if err := d.activePort(ctx, "eoip-servers-sby-lte"); err != nil {
		return err
	}
	if err := d.lost(<-pings); err != nil {
		return err
	}
	return d.run(ctx, 2, "status", "-f", fileName)
}

func (d *demo) mend(ctx context.Context) error {
	d.chapter("The fibre is spliced")
	if err := d.ground.mend(ctx); err != nil {
		return err
	}
	took, err := d.until(ctx, "all is well again", func(r *status.Report) bool { return r.AllWell() })
	if err != nil {
		return err
	}
	d.say("All tunnels run again after %.1f s; the primary has the bond back:", took.Seconds())
	return d.activePort(ctx, "eoip-servers-sby-metro")
}

func (d *demo) nothing(ctx context.Context) error {
	d.chapter("Applied twice, it changes nothing")
	return d.run(ctx, 0, "apply", "-f", fileName, "--yes")
}

func bothEnds(t *status.Tunnel, h status.Health) bool {
	return t.Ends[0].Health == h && t.Ends[1].Health == h
}

func bond(r *status.Report) *status.Link {
	for i := range r.Links {
		if r.Links[i].Kind == "bond" && len(r.Links[i].Tunnels) > 1 {
			return &r.Links[i]
		}
	}
	return nil
}

// activePort asks the bond on jkt which tunnel it uses.
func (d *demo) activePort(ctx context.Context, want string) error {
	s, err := d.session(ctx, "jkt")
	if err != nil {
		return err
	}
	defer s.Close()
	reply, err := s.Call(ctx, routeros.Request{
		Path: "/interface/bonding/monitor", Fields: routeros.FieldsOf("numbers", "bond-servers-sby", "once", ""),
	})
	if err != nil {
		return err
	}
	if len(reply.Rows) != 1 {
		return fmt.Errorf("demo: the bond's monitor sent %d rows", len(reply.Rows))
	}
	active, _ := reply.Rows[0].Get("active-ports")
	d.say("[admin@jkt] > /interface bonding monitor bond-servers-sby once   →   active-ports: %s\n", active)
	if active != want {
		return fmt.Errorf("demo: the bond uses %q, the story says %q", active, want)
	}
	return nil
}

// session logs in to an emulated router as a person would.
func (d *demo) session(ctx context.Context, router string) (*routeros.Session, error) {
	e := d.ground.endpoints()[router]
	return routeros.Dial(ctx, e.Address, routeros.Options{
		User: "admin", TLS: &routeros.TLSOptions{Fingerprint: e.Fingerprint}, DialTimeout: 5 * time.Second,
	})
}

// patience is how long the story waits for the routers: three keepalives, and
// as much again for a busy machine.
const patience = 15 * time.Second

// poll is how often they are asked meanwhile.
const poll = 100 * time.Millisecond

// until asks for the status until it is as wanted, and returns how long that
// took.
func (d *demo) until(ctx context.Context, what string, ok func(*status.Report) bool) (time.Duration, error) {
	begun := time.Now()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	a, err := app.Open(d.file, app.Options{Settings: config.Defaults(), Env: d.env})
	if err != nil {
		return 0, err
	}
	defer a.Close()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		r, err := a.Status(ctx)
		if err == nil && ok(r) {
			return time.Since(begun), nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, fmt.Errorf("demo: not seen within %v: %s (%s)", patience, what, describe(r, err))
		}
	}
}

// describe says what was seen instead.
func describe(r *status.Report, err error) string {
	if err != nil {
		return err.Error()
	}
	var parts []string
	for _, l := range r.Links {
		parts = append(parts, fmt.Sprintf("%s %s %s", l.Name, l.Health, l.Why))
	}
	for _, b := range r.Bridges {
		parts = append(parts, fmt.Sprintf("%s on %s %s %s", b.Name, b.Router, b.Health, b.Why))
	}
	return strings.Join(parts, "; ")
}
