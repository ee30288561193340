package routeros_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"jembatan/routeros"
)

func TestFollowReportsChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var listen command
		p := &peer{answer: func(c *peerConn, cmd command) {
			switch cmd.path {
			case "/interface/listen":
				listen = cmd
				c.re(cmd, "=.id=*1", "=running=true")
				c.re(cmd, "=.id=*2", "=.dead=true")
			case "/cancel":
				c.trap(listen, "=category=2", "=message=interrupted")
				c.done(cmd)
				c.done(listen)
			}
		}}
		s := p.connect(t, routeros.Options{})
		f, err := s.Follow(t.Context(), "/interface", []string{"running"}, routeros.FollowOptions{})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := listen.arg(".proplist"); got != "running,.id,.dead" {
			t.Errorf("proplist %q", got)
		}
		var got []routeros.Event
		for e := range f.All() {
			if got = append(got, e); len(got) == 2 {
				break
			}
		}
		if got[0].Row.ID() != "*1" || !got[0].Row.Bool("running") || got[0].Row.Dead() || !got[1].Row.Dead() || got[0].Lost != 0 {
			t.Errorf("events %v", got)
		}
		f.Close()
		if _, open := <-f.Events(); open || f.Err() != nil {
			t.Errorf("after Close: open %v, %v", open, f.Err())
		}
		synctest.Wait()
		if !slices.Contains(p.commands(), "/cancel") {
			t.Errorf("no /cancel in %q", p.commands())
		}
	})
}

func TestFollowBehindDropsTheOldestAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &peer{answer: func(c *peerConn, cmd command) {
			if cmd.path != "/interface/listen" {
				echo(c, cmd)
				return
			}
			for i := range 100 {
				c.re(cmd, "=n="+strconv.Itoa(i))
			}
		}}
		s := p.connect(t, routeros.Options{})
		f, err := s.Follow(t.Context(), "/interface", nil, routeros.FollowOptions{Buffer: 4})
		if err != nil {
			t.Fatal(err)
		}
		// The undrained follow holds up nobody.
		if _, err := routeros.Print(t.Context(), s, "/x", nil); err != nil {
			t.Error(err)
		}
		seen, lost, last := 0, 0, ""
		for range 4 {
			e := <-f.Events()
			seen++
			lost += e.Lost
			last, _ = e.Row.Get("n")
		}
		if seen+lost != 100 || last != "99" {
			t.Errorf("seen %d, lost %d, last %s", seen, lost, last)
		}
		f.Close()
	})
}

func TestFollowEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &peer{answer: func(c *peerConn, cmd command) {
			if cmd.path == "/system/resource/listen" {
				c.trap(cmd, "=message=unknown parameter follow-only")
				c.done(cmd)
			}
		}}
		s := p.connect(t, routeros.Options{IdleTimeout: -1})
		refused, err := s.Follow(t.Context(), "/system/resource", nil, routeros.FollowOptions{})
		if err != nil {
			t.Fatal(err)
		}
		<-refused.Events()
		if !errors.Is(refused.Err(), routeros.ErrNoCommand) {
			t.Errorf("refused: %v", refused.Err())
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		timed, err := s.Follow(ctx, "/interface", nil, routeros.FollowOptions{})
		if err != nil {
			t.Fatal(err)
		}
		<-timed.Events()
		if !errors.Is(timed.Err(), context.DeadlineExceeded) {
			t.Errorf("timed: %v", timed.Err())
		}
		orphan, err := s.Follow(t.Context(), "/interface", nil, routeros.FollowOptions{})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
		<-orphan.Events()
		if !errors.Is(orphan.Err(), routeros.ErrClosed) {
			t.Errorf("orphan: %v", orphan.Err())
		}
	})
}
