package serve

import (
	"context"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// notifySystemd tells the service manager that the controller is ready and, as
// long as every service's loop answers, that it is alive. Without a manager it
// does nothing.
func (c *Controller) notifySystemd(ctx context.Context) error {
	c.say(daemon.SdNotifyReady)
	defer c.say(daemon.SdNotifyStopping)
	every, err := daemon.SdWatchdogEnabled(false) // A malformed variable is a manager without a watchdog.
	if err != nil || every == 0 {
		<-ctx.Done()
		return nil
	}
	t := time.NewTicker(every / 3)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
			if c.alive(ctx, every/3) {
				c.say(daemon.SdNotifyWatchdog)
			}
		}
	}
}

// say is best effort: a manager that does not listen changes nothing here.
func (c *Controller) say(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		c.log.Debug().Err(err).Msg("service manager")
	}
}

// alive reports whether every service's loop answers in time.
func (c *Controller) alive(ctx context.Context, limit time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for _, s := range c.current().services {
		if _, err := s.runner.Status(ctx); err != nil {
			return false
		}
	}
	return true
}
