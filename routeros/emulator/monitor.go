package emulator

import (
	"errors"
	"strconv"
	"time"
)

// monitor runs a monitor command: one row for each item named, now if "once"
// is given, else every interval until it is cancelled or its duration is over.
func (c *call) monitor(show func(r *row) []pair) error {
	if err := c.need(mayRead); err != nil {
		return err
	}
	targets, err := c.targets()
	if err != nil {
		return err
	}
	_, once := c.req.take("once")
	step, _ := c.duration("interval", time.Second)
	limit, limited := c.duration("duration", 0)
	c.req.take(".proplist", "proplist", "freeze-frame-interval")
	if err := c.req.none(); err != nil {
		return err
	}
	look := func() ([][]pair, error) {
		var out [][]pair
		for _, t := range targets {
			r := c.d.find(c.menu, t)
			if r == nil {
				return nil, noSuchItem()
			}
			out = append(out, show(r))
		}
		return out, nil
	}
	if once || c.isDo {
		c.rows, err = look()
		return err
	}
	if _, err := look(); err != nil {
		return err
	}
	c.job = func(stop <-chan struct{}, emit func([]pair)) error {
		return c.d.every(step, limit, limited, stop, func() error {
			rows, err := look()
			for _, r := range rows {
				emit(r)
			}
			return err
		})
	}
	return nil
}

// duration takes a duration argument.
func (c *call) duration(name string, fallback time.Duration) (time.Duration, bool) {
	v, ok := c.req.take(name)
	if !ok {
		return fallback, false
	}
	d, ok := parseDuration(v)
	return max(d, 10*time.Millisecond), ok
}

// every calls look with the world's lock at once and then each step, until
// stop is closed, the limit is over or look fails.
func (d *Device) every(step, limit time.Duration, limited bool, stop <-chan struct{}, look func() error) error {
	end := time.Now().Add(limit)
	t := time.NewTimer(0)
	defer t.Stop()
	for {
		select {
		case <-stop:
			return nil
		case <-t.C:
		}
		d.w.mu.Lock()
		err := look()
		d.w.mu.Unlock()
		if errors.Is(err, errStop) {
			return nil
		}
		if err != nil || limited && !time.Now().Add(step).Before(end) {
			return err
		}
		t.Reset(step)
	}
}

func monitorEthernet(c *call) error {
	return c.monitor(func(r *row) []pair {
		status := "link-ok"
		if !c.d.running(r) {
			status = "no-link"
		}
		return []pair{{"name", r.name()}, {"status", status}, {"auto-negotiation", "done"}, {"full-duplex", "true"}}
	})
}

// monitorTraffic is /interface/monitor-traffic: the rate of what an interface
// carries in this world, which is keepalives.
func monitorTraffic(c *call) error {
	if v, ok := c.req.take("interface"); ok {
		c.req.args = append(c.req.args, given{name: ".id", value: v})
	}
	return c.monitor(func(r *row) []pair {
		rx, tx := c.d.rate(r)
		n := func(bits float64) string { return strconv.FormatInt(int64(bits), 10) }
		return []pair{
			{"name", r.name()},
			{"rx-packets-per-second", n(rx)},
			{"rx-bits-per-second", n(rx * 8 * keepaliveBytes)},
			{"rx-drops-per-second", "0"},
			{"rx-errors-per-second", "0"},
			{"tx-packets-per-second", n(tx)},
			{"tx-bits-per-second", n(tx * 8 * keepaliveBytes)},
			{"tx-drops-per-second", "0"},
			{"tx-queue-drops-per-second", "0"},
			{"tx-errors-per-second", "0"},
		}
	})
}
