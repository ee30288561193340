package demo

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"

	"jembatan/failover"
	"jembatan/internal/drill"
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
