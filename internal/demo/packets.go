package demo

import (
	"context"
	"fmt"
)

// apart shows that the sites do not reach each other yet.
func (d *demo) apart(ctx context.Context) error {
	a, err := d.ground.reach(ctx, 3)
	if a == nil || err != nil {
		return err
	}
	if a.lost != a.sent {
		return fmt.Errorf("demo: the sites reach each other before there is a tunnel")
	}
	d.say("\n[main server, Jakarta] > ping backup server, Surabaya   →   %d sent, %d lost", a.sent, a.lost)
	return nil
}

// joined shows that the servers reach each other through the tunnels.
func (d *demo) joined(ctx context.Context) error {
	d.ground.wait(ctx)
	a, err := d.ground.reach(ctx, 5)
	if a == nil || err != nil {
		return err
	}
	if a.lost != 0 {
		return fmt.Errorf("demo: %d of %d pings through the new tunnels were lost", a.lost, a.sent)
	}
	d.say("[main server, Jakarta] > ping backup server, Surabaya   →   %d sent, 0 lost, %s on average", a.sent, a.rtt)
	d.say("Real frames, in EoIP packets, through the tunnels that apply has just made.")
	return nil
}

// lost tells what a ping all through the cut has lost.
func (d *demo) lost(a *answers) error {
	if a == nil {
		return nil
	}
	if a.err != nil {
		return a.err
	}
	if a.lost == 0 || a.lost == a.sent {
		return fmt.Errorf("demo: %d of %d pings were lost when the fibre was cut", a.lost, a.sent)
	}
	d.say("A ping each %s from server to server lost %d of %d, then went on through the bond's\nsecond tunnel.\n", a.apart, a.lost, a.sent)
	return nil
}
