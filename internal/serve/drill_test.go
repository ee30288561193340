package serve

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"jembatan/failover/runner"
	"jembatan/internal/api"
)

// Whoever leaves before the move was commanded takes the drill along; after that
// it goes on without him.
func TestHandshake(t *testing.T) {
	left := errors.New("hung up")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(left)

	early := newHandshake()
	if _, err := early.wait(ctx); !errors.Is(err, left) {
		t.Errorf("waited, and got %v", err)
	}
	if err := early.begin(); !errors.Is(err, errGone) {
		t.Errorf("begins with nobody there: %v", err)
	}

	late := newHandshake()
	if err := late.begin(); err != nil {
		t.Errorf("does not begin: %v", err)
	}
	if _, err := late.wait(ctx); !errors.Is(err, left) {
		t.Errorf("waited, and got %v", err)
	}
	late.answer(runner.Answer{Accepted: true}, nil) // Nobody hears it, and nothing hangs.
	late.answer(runner.Answer{}, nil)
	if a, err := late.wait(t.Context()); err != nil || !a.Accepted {
		t.Errorf("the first answer counts: %+v %v", a, err)
	}
}

// One drill of a service at a time; what runs is waited for at the end.
func TestDrillDesk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d drills
		if _, ok := d.claim("web", "d1"); !ok {
			t.Error("the first is refused")
		}
		if other, ok := d.claim("web", "d2"); ok || other != "d1" {
			t.Errorf("a second one at the same time, beside %q", other)
		}
		if _, ok := d.claim("erp", "d3"); !ok {
			t.Error("another service's is refused")
		}
		d.release("web")
		if _, ok := d.claim("web", "d2"); !ok {
			t.Error("the next is refused")
		}
		d.remember("web", "d2", []byte("{}"))
		if d.recall("web", "d2") == nil || d.recall("web", "d1") != nil || d.recall("erp", "d3") != nil {
			t.Error("not the newest report alone")
		}

		ctx, cancel := context.WithCancel(t.Context())
		ended, ran := make(chan error, 1), false
		go func() { ended <- d.run(ctx) }()
		d.queue() <- func(ctx context.Context) {
			<-ctx.Done()
			time.Sleep(time.Second)
			ran = true
		}
		cancel()
		if err := <-ended; err != nil || !ran {
			t.Errorf("ended with %v, waited: %v", err, ran)
		}
	})
}

func TestDrillOptions(t *testing.T) {
	o, err := drillOptions(api.DrillRequest{To: "backup", By: "anna", Stay: "1m", RTO: "10s", RPO: "0s"})
	if err != nil || o.To != "backup" || o.By != "anna" || o.Stay != time.Minute || o.Objective.RTO != 10*time.Second || o.Objective.RPO != 0 {
		t.Errorf("%+v %v", o, err)
	}
	for _, d := range []api.DrillRequest{{Stay: "x"}, {Stay: "-1s"}, {RTO: "2h"}, {RPO: "9"}} {
		if _, err := drillOptions(d); err == nil {
			t.Errorf("%+v is taken", d)
		}
	}
}
