package routeros_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"jembatan/routeros"
)

// The connection ends before, inside and after every byte of a reply: every
// call that waits ends with the right error, and at once.
func TestConnectionCutAnywhere(t *testing.T) {
	reply := []byte("\x03!re\x06.tag=1\x07=.id=*1\x00" + "\x05!done\x06.tag=1\x00")
	for cut := range len(reply) + 1 {
		t.Run(fmt.Sprint(cut), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				waiting := make(chan struct{})
				p := &peer{}
				p.answer = func(c *peerConn, cmd command) {
					if cmd.path == "/first/print" {
						<-waiting
						c.raw(reply[:cut])
						c.Close()
					}
				}
				s := p.connect(t, routeros.Options{})
				var first, second, write error
				var wg sync.WaitGroup
				wg.Go(func() { _, first = routeros.Print(t.Context(), s, "/first", nil) })
				synctest.Wait()
				wg.Go(func() { _, second = routeros.Print(t.Context(), s, "/second", nil) })
				wg.Go(func() { _, write = routeros.Create(t.Context(), s, "/third", nil) })
				synctest.Wait()
				close(waiting)
				wg.Wait()
				if answered := cut == len(reply); answered != (first == nil) {
					t.Errorf("the call that was being answered: %v", first)
				} else if !answered && !lostRead(first) {
					t.Errorf("the call that was being answered: %v", first)
				}
				if !lostRead(second) {
					t.Errorf("the read that waited: %v", second)
				}
				if !errors.Is(write, routeros.ErrClosed) || !errors.Is(write, routeros.ErrOutcomeUnknown) || !isEOF(write) {
					t.Errorf("the write that waited: %v", write)
				}
				if err := s.Err(); !errors.Is(err, routeros.ErrClosed) || !isEOF(err) {
					t.Errorf("Err = %v", err)
				}
			})
		})
	}
}

func lostRead(err error) bool {
	return errors.Is(err, routeros.ErrClosed) && !errors.Is(err, routeros.ErrOutcomeUnknown) && isEOF(err)
}

func TestGarbageEndsTheSession(t *testing.T) {
	for name, bytes := range map[string]string{
		"control byte": "\xff", "long word": "\xef\xff\xff\xff", "not a reply": "\x05hello\x00", "tag first": "\x06.tag=1\x00",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &peer{answer: func(c *peerConn, _ command) { c.raw([]byte(bytes)) }}
				s := p.connect(t, routeros.Options{})
				_, err := s.Call(t.Context(), routeros.Request{Path: "/x/set"})
				if !errors.Is(err, routeros.ErrProtocol) || !errors.Is(err, routeros.ErrOutcomeUnknown) {
					t.Errorf("err = %v", err)
				}
			})
		})
	}
}

func TestStrangeRepliesAreHarmless(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &peer{answer: func(c *peerConn, cmd command) {
			c.raw([]byte{0, 0, 0})                                // Empty sentences.
			c.say("!re", "=name=untagged")                        // No tag at all.
			c.say("!re", ".tag=", "=name=empty")                  // An empty one.
			c.say("!re", ".tag=999999", "=name=unknown")          // Nobody's.
			c.say("!done", ".tag=01", "=name=odd")                // Not as we write it.
			c.say("!done", ".tag=99999999999999999999")           // Too long for one.
			c.say("!news", ".tag="+cmd.tag)                       // A word of the future.
			c.say("!empty", ".tag="+cmd.tag)                      // From 7.18.
			c.say("!re", "=name=kept", "stray", ".tag="+cmd.tag)  // The tag last.
			c.say("!re", ".tag="+cmd.tag)                         // A row without properties.
			c.say("!done", "=ret=x", ".tag="+cmd.tag, "=ret=dup") // The first one counts.
			c.done(cmd)                                           // Once too often.
		}}
		s := p.connect(t, routeros.Options{})
		reply, err := s.Call(t.Context(), routeros.Request{Path: "/x/print"})
		if err != nil {
			t.Fatal(err)
		}
		if len(reply.Rows) != 2 || reply.Ret() != "x" {
			t.Fatalf("reply %v", reply)
		}
		if name, _ := reply.Rows[0].Get("name"); name != "kept" || reply.Rows[0].Len() != 1 || reply.Rows[1].Len() != 0 {
			t.Errorf("rows %v", reply.Rows)
		}
	})
}

func TestRepliesInAnyOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var held []command
		p := &peer{}
		p.answer = func(c *peerConn, cmd command) {
			if held = append(held, cmd); len(held) < 3 {
				return
			}
			for _, h := range []int{1, 2, 0} {
				c.re(held[h], "=path="+held[h].path)
			}
			for _, h := range []int{2, 0, 1} {
				c.done(held[h])
			}
		}
		s := p.connect(t, routeros.Options{})
		var wg sync.WaitGroup
		for _, menu := range []string{"/a", "/b", "/c"} {
			wg.Go(func() {
				rows, err := routeros.Print(t.Context(), s, menu, nil)
				if err != nil || len(rows) != 1 {
					t.Errorf("%s: %v, %v", menu, rows, err)
					return
				}
				if got, _ := rows[0].Get("path"); got != menu+"/print" {
					t.Errorf("%s got %s", menu, got)
				}
			})
		}
		wg.Wait()
	})
}
