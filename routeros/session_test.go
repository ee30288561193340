package routeros_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/routeros"
)

func TestCallReturnsRowsAndRet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &peer{answer: func(c *peerConn, cmd command) {
			switch cmd.path {
			case "/interface/eoip/print":
				c.re(cmd, "=.id=*1", "=name=eoip1", "=comment=a=b")
				c.re(cmd, "=.id=*2", "=name=eoip2")
				c.done(cmd)
			case "/interface/eoip/add":
				c.done(cmd, "=ret=*3")
			}
		}}
		s := p.connect(t, routeros.Options{User: "admin"})
		rows, err := routeros.Print(t.Context(), s, "/interface/eoip", []string{".id", "name", "comment"})
		if err != nil {
			t.Fatal(err)
		}
		var got []map[string]string
		for _, r := range rows {
			got = append(got, r.Map())
		}
		want := []map[string]string{
			{".id": "*1", "name": "eoip1", "comment": "a=b"},
			{".id": "*2", "name": "eoip2"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		id, err := routeros.Create(t.Context(), s, "/interface/eoip", routeros.FieldsOf("name", "eoip3"))
		if id != "*3" || err != nil {
			t.Errorf("Create = %q, %v", id, err)
		}
	})
}

func TestConcurrentCallsGetTheirOwnReplies(t *testing.T) {
	p := &peer{answer: echo}
	s := p.connect(t, routeros.Options{})
	const goroutines, calls = 16, 5000
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := range calls {
				want := strconv.Itoa(g) + "." + strconv.Itoa(i)
				rows, err := routeros.Print(t.Context(), s, "/echo", []string{want})
				if err != nil || len(rows) != 1 {
					t.Errorf("call %s: %d rows, %v", want, len(rows), err)
					return
				}
				if got, _ := rows[0].Get(".proplist"); got != want {
					t.Errorf("call %s got the reply of %s", want, got)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestCancelledCallLeavesOthersAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var slow command
		p := &peer{answer: func(c *peerConn, cmd command) {
			switch cmd.path {
			case "/slow/print":
				slow = cmd
			case "/cancel":
				c.trap(slow, "=category=2", "=message=interrupted")
				c.done(cmd)
				c.done(slow)
			default:
				echo(c, cmd)
			}
		}}
		s := p.connect(t, routeros.Options{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := routeros.Print(ctx, s, "/slow", nil)
		if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, routeros.ErrOutcomeUnknown) {
			t.Errorf("err = %v", err)
		}
		if d := time.Since(start); d != time.Second {
			t.Errorf("returned after %s", d)
		}
		if _, err := routeros.Print(t.Context(), s, "/fast", nil); err != nil {
			t.Errorf("the next call: %v", err)
		}
		synctest.Wait()
		if got := p.commands(); !slices.Contains(got, "/cancel") {
			t.Errorf("no /cancel in %q", got)
		}
	})
}

func TestLostAnswerOfAWriteIsOutcomeUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &peer{answer: silent}
		s := p.connect(t, routeros.Options{IdleTimeout: -1})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := routeros.Create(ctx, s, "/interface/eoip", routeros.FieldsOf("name", "x"))
		if !errors.Is(err, routeros.ErrOutcomeUnknown) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("timed out: %v", err)
		}
		go func() {
			time.Sleep(time.Second) // Inside the bubble: no real time passes.
			s.Close()
		}()
		_, err = routeros.Create(t.Context(), s, "/interface/eoip", routeros.FieldsOf("name", "x"))
		if !errors.Is(err, routeros.ErrOutcomeUnknown) || !errors.Is(err, routeros.ErrClosed) {
			t.Errorf("closed: %v", err)
		}
		_, err = routeros.Create(t.Context(), s, "/interface/eoip", nil)
		if errors.Is(err, routeros.ErrOutcomeUnknown) || !errors.Is(err, routeros.ErrClosed) {
			t.Errorf("never sent: %v", err)
		}
	})
}

func TestSilentPeerIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &peer{answer: silent}
		s := p.connect(t, routeros.Options{IdleTimeout: 20 * time.Second})
		start := time.Now()
		<-s.Done()
		if d := time.Since(start); d != 20*time.Second {
			t.Errorf("noticed after %s", d)
		}
		if err := s.Err(); !errors.Is(err, routeros.ErrSilent) || !errors.Is(err, routeros.ErrClosed) {
			t.Errorf("Err = %v", err)
		}
		if diff := cmp.Diff([]string{"/system/identity/print"}, p.commands()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestIdlePeerIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &peer{answer: echo}
		s := p.connect(t, routeros.Options{IdleTimeout: 20 * time.Second})
		time.Sleep(time.Hour + time.Second)
		if err := s.Err(); err != nil {
			t.Errorf("Err = %v", err)
		}
		if n := len(p.commands()); n != 360 {
			t.Errorf("%d probes in an hour, want one each 10s", n)
		}
	})
}

func TestTrapsAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &peer{answer: func(c *peerConn, cmd command) {
			c.trap(cmd, "=category=0", "=message=no such command or directory (adress)")
			c.trap(cmd, "=message=no such command prefix")
			c.done(cmd)
		}}
		s := p.connect(t, routeros.Options{})
		_, err := routeros.Print(t.Context(), s, "/ip/adress", nil)
		want := &routeros.TrapError{
			Path: "/ip/adress/print", Category: routeros.CategoryMissing,
			Message: "no such command or directory (adress)",
			All: []routeros.Trap{
				{Category: routeros.CategoryMissing, Message: "no such command or directory (adress)"},
				{Message: "no such command prefix"},
			},
		}
		got, _ := errors.AsType[*routeros.TrapError](err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if !errors.Is(err, routeros.ErrNoCommand) {
			t.Errorf("%v is not ErrNoCommand", err)
		}
	})
}

func TestFatalCarriesItsReason(t *testing.T) {
	for _, words := range [][]string{{"too many sessions"}, {"=message=too many sessions"}} {
		synctest.Test(t, func(t *testing.T) {
			p := &peer{answer: func(c *peerConn, _ command) { c.say(append([]string{"!fatal"}, words...)...) }}
			s := p.connect(t, routeros.Options{})
			_, err := s.Call(t.Context(), routeros.Request{Path: "/x/set"})
			fatal, ok := errors.AsType[*routeros.FatalError](err)
			if !ok || fatal.Message != "too many sessions" || !errors.Is(err, routeros.ErrOutcomeUnknown) {
				t.Errorf("err = %v", err)
			}
		})
	}
}

func TestReplyLimitsEndTheCallOnly(t *testing.T) {
	for _, limits := range []routeros.Limits{{Reply: 1000}, {Rows: 10}} {
		synctest.Test(t, func(t *testing.T) {
			p := &peer{answer: func(c *peerConn, cmd command) {
				if cmd.path == "/many/print" {
					for i := range 100 {
						c.re(cmd, fmt.Sprintf("=name=row%d", i))
					}
				}
				c.done(cmd)
			}}
			s := p.connect(t, routeros.Options{Limits: limits})
			if _, err := routeros.Print(t.Context(), s, "/many", nil); !errors.Is(err, routeros.ErrReplyTooLarge) {
				t.Errorf("err = %v", err)
			}
			if _, err := routeros.Print(t.Context(), s, "/few", nil); err != nil {
				t.Errorf("the next call: %v", err)
			}
		})
	}
}
