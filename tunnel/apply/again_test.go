package apply_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jembatan/routeros"
	"jembatan/tunnel/apply"
)

// refuseAgain carries the destruction of everything out, lets the removal of
// the bridge of sby be refused so that its unit is undone, and refuses adds to
// menu as refuse says. It returns what is left.
func (b *bench) refuseAgain(menu string, refuse func(routeros.Request) error) []apply.Leftover {
	b.Helper()
	p := b.planDestroy()
	connect := b.failing(func(router string, req routeros.Request) error {
		switch {
		case router != "sby":
			return nil
		case req.Path == "/interface/bridge/remove":
			return &routeros.TrapError{Path: req.Path, Message: "failure: no"}
		case req.Path == menu+"/add":
			return refuse(req)
		}
		return nil
	})
	var left []apply.Leftover
	for _, u := range apply.Run(b.Context(), p, connect, secret, b.opts).Units {
		left = append(left, u.Leftovers...)
	}
	return left
}

// TestAgainWithoutWhatCannotBeSet leaves out an argument that the router does
// not know, and nothing else.
func TestAgainWithoutWhatCannotBeSet(t *testing.T) {
	onBench(t, "7.16.1", site, func(b *bench) {
		b.settled()
		b.byOthers()
		left := b.refuseAgain("/interface/bridge/port", func(req routeros.Request) error {
			if _, given := req.Fields.Get("hw"); given {
				return &routeros.TrapError{Path: req.Path, Message: "unknown parameter hw"}
			}
			return nil
		})
		if len(left) > 0 {
			b.Errorf("left: %+v", left)
		}
		if got := b.world.Device("sby").Export(); !strings.Contains(got, `pvid="20"`) {
			b.Errorf("the port is not what it was:\n%s", got)
		}
	})
}

// TestAgainWithLess lets the router refuse what others have set: the port is
// there with what jembatan sets, and the rest is told, though the first answer
// is lost.
func TestAgainWithLess(t *testing.T) {
	onBench(t, "7.16.1", site, func(b *bench) {
		b.settled()
		b.byOthers()
		var lost atomic.Bool
		left := b.refuseAgain("/interface/bridge/port", func(req routeros.Request) error {
			if _, given := req.Fields.Get("pvid"); given {
				return &routeros.TrapError{Path: req.Path, Message: "failure: not today"}
			}
			if lost.CompareAndSwap(false, true) {
				_, err := b.world.Device("sby").Do(req.Path, words(req.Fields)...)
				return errors.Join(routeros.ErrOutcomeUnknown, err)
			}
			return nil
		})
		var short *apply.ShortError
		if len(left) != 1 || !errors.As(left[0].Err, &short) || !strings.Contains(short.Error(), "not today") {
			b.Errorf("left: %+v", left)
		}
		if got := b.world.Device("sby").Export(); strings.Count(got, "port.ether5") != 1 {
			b.Errorf("not one port:\n%s", got)
		}
	})
}

// TestHiddenSecret undoes the removal of encrypted tunnels by a user who may
// not read secrets, and says that they have none now.
func TestHiddenSecret(t *testing.T) {
	onBench(t, "7.22.3", encrypted, func(b *bench) {
		// Before anybody logs in: who is logged in keeps the rights that he has.
		if _, err := b.world.Device("sby").Do("/user/group/set", "=.id=jembatan", "=policy=read,write,test,api"); err != nil {
			b.Fatal(err)
		}
		b.settled()
		p := b.planDestroy()
		var removals atomic.Int32
		connect := b.failing(func(router string, req routeros.Request) error {
			if router == "sby" && req.Path == "/interface/eoip/remove" && removals.Add(1) == 2 {
				return &routeros.TrapError{Path: req.Path, Message: "failure: no"}
			}
			return nil
		})
		var left []string
		for _, u := range apply.Run(b.Context(), p, connect, secret, b.opts).Units {
			for _, l := range u.Leftovers {
				left = append(left, l.Router+" "+l.Err.Error())
			}
		}
		want := []string{"sby eoip-servers-jkt-lte was put back, but without its IPsec secret, which the API user may not read"}
		if d := cmp.Diff(want, left); d != "" {
			b.Errorf("(-want +got):\n%s", d)
		}
	})
}

// words are the arguments of a command as the emulator takes them.
func words(f routeros.Fields) []string {
	var out []string
	for _, x := range f {
		if x.None {
			out = append(out, "=!"+x.Name+"=")
		} else {
			out = append(out, "="+x.Name+"="+x.Value)
		}
	}
	return out
}
