package demo

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"jembatan/failover"
)

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
