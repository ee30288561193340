package guard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"jembatan/routeros"
)

// Menus of the routers.
const (
	menuScheduler = "/system/scheduler"
	menuScript    = "/system/script"
	menuSafeMode  = "/safe-mode"
)

// policy is what an entry may do: no more than its script needs, and a part of what the API user may.
const policy = "read,write"

// NamePrefix begins the names of our entries, and Mark their comments.
const (
	NamePrefix = "jembatan-guard-"
	Mark       = "jembatan:guard/"
)

// An entry is one of ours in the scheduler.
type entry struct{ id, name string }

// early is how much sooner than For an entry may run: a router starts it with
// the second that it is in.
const early = 2 * time.Second

// armScheduler adds the entries of a job and reads them back. If it fails
// nothing of them is left, as far as the router answers.
func armScheduler(ctx context.Context, connect Connect, j *Job, o *Options) (*Guard, error) {
	begun := time.Now()
	g := &Guard{Router: j.Router, Kind: Scheduler, Until: begun.Add(o.For - early)}
	name := func(part int) string { return NamePrefix + o.ID + "-" + strconv.Itoa(part+1) }
	texts, err := scripts(j.Inverse, name, o.Holder, maxScript)
	if err != nil {
		return nil, &RefusedError{Router: j.Router, Why: []string{err.Error()}}
	}
	for i, text := range texts {
		note := Note{
			ID: o.ID, Holder: o.Holder, Until: begun.Add(o.For), Part: i + 1, Parts: len(texts),
			Routers: o.Routers, Confirm: o.Confirm,
		}
		e := entry{name: name(i)}
		if e.id, err = addEntry(ctx, connect, j.Router, e.name, routeros.FieldsOf(
			"name", e.name, "interval", strconv.Itoa(int(o.For/time.Second))+"s", "policy", policy,
			"comment", note.String(), "on-event", text), text); err != nil {
			g.entries = append(g.entries, e)
			return nil, errors.Join(err, ignoreFired(g.Disarm(context.WithoutCancel(ctx), connect)))
		}
		g.entries = append(g.entries, e)
	}
	return g, nil
}

// addEntry adds one entry and makes sure that it is there as it should be, also
// when the answer is lost.
func addEntry(ctx context.Context, connect Connect, router, name string, fields routeros.Fields, text string) (id string, err error) {
	c, err := connect(ctx, router)
	if err != nil {
		return "", err
	}
	_, err = routeros.Create(ctx, c, menuScheduler, fields)
	if err != nil && !errors.Is(err, routeros.ErrOutcomeUnknown) {
		return "", err
	}
	lost := err
	var rows []routeros.Row
	err = routeros.Persist(ctx, func() error {
		c, err := connect(ctx, router)
		if err != nil {
			return err
		}
		rows, err = routeros.Print(ctx, c, menuScheduler, []string{".id", "on-event", "disabled"}, "?name="+name)
		return err
	})
	switch {
	case err != nil:
		return "", errors.Join(lost, err)
	case len(rows) != 1 && lost != nil:
		return "", lost
	case len(rows) != 1:
		return "", fmt.Errorf("the entry %s was added and is not there", name)
	}
	if got, _ := rows[0].Get("on-event"); got != text {
		return rows[0].ID(), fmt.Errorf("the entry %s does not read back as it was written", name)
	}
	if off, _ := rows[0].Get("disabled"); off == "true" {
		return rows[0].ID(), fmt.Errorf("the entry %s is disabled", name)
	}
	return rows[0].ID(), nil
}

// disarmTimeout bounds the disarming of one router, its silence included.
const disarmTimeout = 30 * time.Second

// disarmScheduler removes the entries, the last one first: what is left, if
// that ends half way, still runs in order.
func (g *Guard) disarmScheduler(ctx context.Context, connect Connect) error {
	var fired error
	for i, e := range slices.Backward(g.entries) {
		err := routeros.Persist(ctx, func() error {
			c, err := connect(ctx, g.Router)
			if err != nil {
				return err
			}
			if e.id != "" {
				return routeros.Delete(ctx, c, menuScheduler, e.id)
			}
			return removeNamed(ctx, c, e.name)
		})
		switch {
		case errors.Is(err, routeros.ErrNotFound):
			// Before its time it was us, whose answer was lost, or a person.
			if !time.Now().Before(g.Until) {
				fired = ErrFired
			}
		case err != nil:
			return fmt.Errorf("disarm %s: %w (it takes the change back at %s unless you remove the scheduler entries %s* there)",
				g.Router, err, g.Until.Format(time.TimeOnly), NamePrefix+strings.TrimPrefix(strings.TrimSuffix(e.name, strconv.Itoa(i+1)), NamePrefix))
		}
	}
	return fired
}

// removeNamed removes an entry whose id is not known, if it is there.
func removeNamed(ctx context.Context, c routeros.Caller, name string) error {
	rows, err := routeros.Print(ctx, c, menuScheduler, []string{".id"}, "?name="+name)
	for _, row := range rows {
		err = errors.Join(err, routeros.Delete(ctx, c, menuScheduler, row.ID()))
	}
	return err
}

func ignoreFired(err error) error {
	if errors.Is(err, ErrFired) {
		return nil
	}
	return err
}
