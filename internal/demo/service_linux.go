package demo

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"jembatan/failover"
	"jembatan/internal/drill"
	"jembatan/internal/load"
	"jembatan/internal/rehearsal"
)

// How long the story waits for what it tells, on a machine that others use too.
const (
	moveWait   = 45 * time.Second
	returnWait = 2 * time.Minute
	// afterMove is how long users go on before the next thing happens.
	afterMove = time.Second
	// pageEvery leaves most of a small machine to what is shown.
	pageEvery = 20 * time.Millisecond
)

// haveDatabases reports whether MariaDB is installed.
func haveDatabases() bool {
	for _, program := range []string{"mariadbd", "mariadb-install-db"} {
		if _, err := exec.LookPath(program); err != nil {
			return false
		}
	}
	return true
}

// service tells one service's story.
func (d *demo) service(ctx context.Context, w *way, databases bool) (*outcome, error) {
	d.chapter(w.title)
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	begun := time.Now()
	tale, err := rehearsal.NewTale(ctx, rehearsal.Variant{VRRP: w.vrrp, Hold: time.Second}, databases, rehearsal.Options{Binary: program, Every: pageEvery})
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	t := &telling{demo: d, tale: tale, program: program, out: &outcome{way: w, databases: databases}}
	t.main, t.backup = tale.Service().Servers[0].Name, tale.Service().Servers[1].Name
	t.scene(begun)
	for _, step := range []func(context.Context) error{t.dies, t.returns, t.failback, t.count} {
		if err = step(ctx); err != nil {
			err = fmt.Errorf("demo: %w\n%s", err, t.log())
			break
		}
	}
	if end := tale.Close(); err == nil && end != nil {
		err = fmt.Errorf("demo: %w", end)
	}
	return t.out, err
}

// A telling is the story of one service while it happens.
type telling struct {
	*demo

	tale         *rehearsal.Tale
	program      string
	main, backup string
	out          *outcome
	returned     time.Time
}

func (t *telling) scene(begun time.Time) {
	w := t.out.way
	t.say("%s", w.setting)
	if t.out.databases {
		t.say("The service erp runs on three servers with MariaDB, the second and third follow the\n"+
			"first; a write is acknowledged when two servers have it. Users ask for a page each %v\n"+
			"and write rows all the time; a checker tries to write to every server.", pageEvery)
	} else {
		t.say("The service erp runs on three web servers; no MariaDB is installed here, so there are\n"+
			"no writes to lose. Users ask for a page each %v all the time.", pageEvery)
	}
	t.say("Tunnels, servers, `jembatan serve` and users: all is well after %s.\n", apart(begun, time.Now()))
}

// dies takes the main server's power.
func (t *telling) dies(ctx context.Context) error {
	t.say("The main server loses its power:")
	l := &t.out.legs[0]
	l.begun = time.Now()
	if err := t.tale.Fault(ctx, "power-off", t.main); err != nil {
		return err
	}
	if err := t.tale.Phase(ctx, failover.FailedOver, t.backup, moveWait); err != nil {
		return err
	}
	if err := t.tale.Served(ctx, t.backup, moveWait); err != nil {
		return err
	}
	if err := t.moved(ctx, l, t.main, t.backup); err != nil {
		return err
	}
	return pause(ctx, afterMove)
}

// moved reads a leg from the history, checks it and tells it.
func (t *telling) moved(ctx context.Context, l *leg, from, to string) error {
	history, err := t.tale.History(ctx, l.begun)
	if err != nil {
		return err
	}
	l.move = drill.Tell(history)
	m := &l.move
	if m.End != drill.Done || m.From != from || m.To != to {
		return fmt.Errorf("the history has a move from %q to %q that ended %q, the story says from %s to %s", m.From, m.To, m.End, from, to)
	}
	if !m.Planned { // What clients feel begins with the fault, not with the first probe that missed it.
		detect := m.Asked.Sub(l.begun)
		if m.Parts.Detect != nil {
			m.Parts.Total -= *m.Parts.Detect
		}
		m.Parts.Total += detect
		m.Parts.Detect = &detect
	}
	l.tell(t.demo, t.out.way)
	return nil
}

// returns gives the main server its power back.
func (t *telling) returns(ctx context.Context) error {
	t.returned = time.Now()
	if err := t.tale.Fault(ctx, "clear"); err != nil {
		return err
	}
	if err := t.tale.Well(ctx, t.main, returnWait); err != nil {
		return err
	}
	t.out.well = time.Since(t.returned)
	joined := "is healthy"
	if t.out.databases {
		joined = "has booted read-only, was compared\n(it holds nothing that others lack), follows " + t.backup + " and is in sync"
	}
	if err := t.tale.Phase(ctx, failover.FailbackReady, t.backup, returnWait); err != nil {
		return err
	}
	t.say("\nThe main server has power again. After %s it %s.\n%s after its return the way back is offered; a person says when:\n",
		short(t.out.well), joined, apart(t.returned, time.Now()))
	return nil
}

// failback is what an operator types.
func (t *telling) failback(ctx context.Context) error {
	t.say("$ jembatan failback %s", t.tale.Service().Name)
	l := &t.out.legs[1]
	if err := t.ask(ctx, l); err != nil {
		return err
	}
	t.out.legs[0].until = l.begun
	if err := t.tale.Served(ctx, t.main, moveWait); err != nil {
		return err
	}
	if err := t.moved(ctx, l, t.backup, t.main); err != nil {
		return err
	}
	if err := t.tale.Phase(ctx, failover.Normal, t.main, moveWait); err != nil {
		return err
	}
	return pause(ctx, afterMove)
}

// ask runs the command. On a busy machine a probe may have been missed since the
// way back was offered, and it is refused: then it is asked for again.
func (t *telling) ask(ctx context.Context, l *leg) error {
	limit := time.Now().Add(returnWait)
	for {
		l.begun = time.Now()
		cmd := exec.CommandContext(ctx, t.program, "failback", t.tale.Service().Name) //nolint:gosec // This very program.
		cmd.Env = append(os.Environ(), "JEMBATAN_SERVE_SOCKET="+t.tale.Socket(), "XDG_STATE_HOME="+filepath.Join(t.dir, "state"))
		out, err := cmd.CombinedOutput()
		if err == nil {
			return nil
		}
		if !strings.Contains(string(out), string(failover.NotReady)) || time.Now().After(limit) {
			return fmt.Errorf("jembatan failback: %w: %s", err, out)
		}
		t.say("It was refused (%s), a probe was missed just now; once more:", failover.NotReady)
		if err := t.tale.Phase(ctx, failover.FailbackReady, t.backup, returnWait); err != nil {
			return err
		}
	}
}

// count ends the users and checks what they saw.
func (t *telling) count(ctx context.Context) error {
	t.out.legs[1].until = time.Now()
	told, err := t.tale.End(ctx)
	if err != nil {
		return err
	}
	for i := range t.out.legs {
		l := &t.out.legs[i]
		l.pages, l.rows = l.useOf(load.HTTP, told.Pages), l.useOf(load.SQL, told.Rows)
		for _, have := range told.Have {
			l.rows.missing = max(l.rows.missing, len(load.Missing(l.rows.acked, have)))
		}
	}
	if err := t.check(told); err != nil {
		return err
	}
	over, back := &t.out.legs[0], &t.out.legs[1]
	t.say("\nUsers had no page for %s when the main server died, and for %s at the way back.", short(over.pages.gap), short(back.pages.gap))
	if t.out.databases {
		t.say("Of %d writes that were acknowledged in this chapter none is lost.", len(over.rows.acked)+len(back.rows.acked))
	}
	return nil
}

// check holds what was seen against what is claimed.
func (t *telling) check(told *rehearsal.Told) error {
	for i := range t.out.legs {
		l := &t.out.legs[i]
		if l.pages.never || l.rows.never || l.pages.sent == l.pages.lost {
			return fmt.Errorf("some users were not served again after the move to %s", l.move.To)
		}
		if t.out.databases && len(l.rows.acked) == 0 {
			return fmt.Errorf("no write was acknowledged during and after the move to %s", l.move.To)
		}
		if l.rows.missing > 0 {
			return fmt.Errorf("%d acknowledged writes are not on every server", l.rows.missing)
		}
	}
	for _, two := range told.Two {
		return fmt.Errorf("two servers took writes: %s", two)
	}
	return nil
}

// log is what the controller has to say when the story ends badly.
func (t *telling) log() string {
	var b bytes.Buffer
	t.tale.Log(&b)
	return b.String()
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
