package routeros_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"jembatan/internal/memnet"
	"jembatan/routeros"
	"jembatan/routeros/proto"
)

func sentences(all ...[]string) []byte {
	var out []byte
	for _, words := range all {
		var s proto.Sentence
		for _, w := range words {
			s.Append(w)
		}
		out = s.AppendTo(out)
	}
	return out
}

// A device that answers with any bytes at all: nothing panics or hangs, every
// call ends with its answer or an error of a known kind, and a write without
// its own answer is never taken for done.
func FuzzReplies(f *testing.F) {
	f.Add(sentences([]string{"!re", ".tag=1", "=.id=*1"}, []string{"!done", ".tag=1"}, []string{"!done", ".tag=2", "=ret=*3"}))
	f.Add(sentences([]string{"!trap", ".tag=2", "=category=0", "=message=no such item"}, []string{"!done", ".tag=2"}, []string{"!done", ".tag=1"}))
	f.Add(sentences([]string{"!fatal", "bye"}))
	f.Add(sentences([]string{"!empty", ".tag=1"}, []string{"!done", ".tag=1"}, []string{"!done", ".tag=3"}))
	f.Add(sentences([]string{"!re", ".tag=3", "=.id=*1", "=.dead=yes"}, []string{"!trap", ".tag=3"}, []string{"!re", ".tag=3"}))
	f.Add([]byte{0xEF, 0xFF, 0xFF, 0xFF})
	f.Add([]byte("\x03!re\x06.tag=1\xc0"))
	f.Fuzz(func(t *testing.T, hostile []byte) {
		var wg sync.WaitGroup
		near, far := memnet.Pipe(len(hostile) + memnet.DefaultBuffer)
		commands := make(chan struct{})
		wg.Go(func() {
			defer far.Close()
			r := proto.NewReader(far, proto.Limits{})
			var s proto.Sentence
			if r.Read(&s) != nil {
				return
			}
			_, _ = far.Write([]byte("\x05!done\x00"))
			for range 3 { // Each is registered before it is sent.
				if r.Read(&s) != nil {
					return
				}
			}
			close(commands)
			_, _ = far.Write(hostile)
		})
		sess, err := routeros.Dial(t.Context(), "x:1", routeros.Options{
			Dial:   func(context.Context, string, string) (net.Conn, error) { return near, nil },
			Limits: routeros.Limits{Word: 1 << 10, Sentence: 4 << 10, Words: 64, Reply: 8 << 10, Rows: 16},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var readErr, writeErr error
		wg.Go(func() { _, readErr = routeros.Print(ctx, sess, "/interface", []string{"name"}) })
		wg.Go(func() { _, writeErr = routeros.Create(ctx, sess, "/interface/bridge", nil) })
		follow, err := sess.Follow(ctx, "/interface", nil, routeros.FollowOptions{Buffer: 2})
		if err == nil {
			for range follow.Events() { // Drained.
			}
		}
		wg.Wait()
		sess.Close()
		<-commands
		knownEnd(t, readErr)
		knownEnd(t, writeErr)
		if writeErr != nil && !errors.Is(writeErr, routeros.ErrOutcomeUnknown) {
			if _, refused := errors.AsType[*routeros.TrapError](writeErr); !refused {
				t.Fatalf("a write without an answer: %v", writeErr)
			}
		}
		if errors.Is(readErr, context.DeadlineExceeded) || errors.Is(writeErr, context.DeadlineExceeded) {
			t.Fatal("hung")
		}
	})
}

func knownEnd(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	for _, want := range []error{
		routeros.ErrClosed, routeros.ErrProtocol, routeros.ErrReplyTooLarge, io.EOF, io.ErrUnexpectedEOF,
	} {
		if errors.Is(err, want) {
			return
		}
	}
	if _, ok := errors.AsType[*routeros.TrapError](err); !ok {
		t.Fatalf("an error of no known kind: %v", err)
	}
}

// A device that answers the login with any bytes: an error of our own, within
// the limits and without the password.
func FuzzLogin(f *testing.F) {
	f.Add(sentences([]string{"!done"}))
	f.Add(sentences([]string{"!done", "=ret=93b438ec9b80057c06dd9fe67d56aa9a"}, []string{"!done"}))
	f.Add(sentences([]string{"!trap", "=message=cannot log in"}, []string{"!done"}))
	f.Add(sentences([]string{"!fatal", "not logged in"}))
	f.Add(sentences([]string{"!re"}, []string{"!empty"}, []string{"!done", ".tag=x", "=ret"}))
	f.Add([]byte{0xF0, 0xFF, 0xFF, 0xFF, 0xFF})
	f.Fuzz(func(t *testing.T, hostile []byte) {
		near, far := memnet.Pipe(len(hostile) + memnet.DefaultBuffer)
		var wg sync.WaitGroup
		wg.Go(func() {
			defer far.Close()
			_, _ = far.Write(hostile)
			_, _ = io.CopyN(io.Discard, far, 1)
		})
		s, err := routeros.Dial(t.Context(), "x:1", routeros.Options{
			User: "admin", Password: planted,
			Dial: func(context.Context, string, string) (net.Conn, error) { return near, nil },
		})
		if err == nil {
			s.Close()
		} else if bytes.Contains([]byte(err.Error()), []byte(planted)) || bytes.Contains([]byte(err.Error()), []byte("%!")) {
			t.Fatalf("text: %v", err)
		}
		wg.Wait()
	})
}
