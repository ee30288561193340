package lease_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jembatan/failover/lease"
)

// Epochs grow over restarts of the member, and it leads at once: its directory
// says that nobody else can.
func TestRestart(t *testing.T) {
	dir := t.TempDir()
	var last uint64
	for range 3 {
		began := time.Now()
		s := open(t, lease.Options{Dir: dir, Holder: "one"})
		opened := time.Since(began)
		r := lead(t, s)
		w := within(t, "term", r.won)
		t.Logf("open after %s, leader after %s", opened, time.Since(began))
		if w.term.Epoch() <= last {
			t.Errorf("epoch %d after %d", w.term.Epoch(), last)
		}
		last = w.term.Epoch()
		if err := w.term.Confirm(t.Context()); err != nil || !w.term.Valid() {
			t.Errorf("valid %v, confirmed: %v", w.term.Valid(), err)
		}
		holder, epoch, err := s.Leader(t.Context())
		if holder != "one" || epoch != last || err != nil {
			t.Errorf("leader %q, epoch %d, err %v", holder, epoch, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := within(t, "end of Lead", r.done); !errors.Is(err, context.Canceled) && !errors.Is(err, lease.ErrClosed) {
			t.Errorf("Lead: %v", err)
		}
		if w.term.Valid() {
			t.Error("the term outlived the store")
		}
		if err := s.Lead(t.Context(), nil); !errors.Is(err, lease.ErrClosed) {
			t.Errorf("Lead on a closed store: %v", err)
		}
	}
}

// Giving up and leading again makes a higher epoch each time.
func TestResign(t *testing.T) {
	s := open(t, lease.Options{Dir: t.TempDir()})
	r := lead(t, s)
	first := within(t, "term", r.won)
	r.let <- struct{}{}
	second := within(t, "second term", r.won)
	mustBeOver(t, first)
	if second.term.Epoch() <= first.term.Epoch() {
		t.Errorf("epoch %d after %d", second.term.Epoch(), first.term.Epoch())
	}
}

// An error of act, while its term is held, ends Lead with it.
func TestActFails(t *testing.T) {
	s := open(t, lease.Options{Dir: t.TempDir()})
	boom := errors.New("boom")
	err := s.Lead(t.Context(), func(context.Context, *lease.Term) error { return boom })
	if !errors.Is(err, boom) {
		t.Errorf("Lead: %v", err)
	}
	if holder, _, err := s.Leader(t.Context()); holder != "" || err != nil {
		t.Errorf("leader %q, err %v", holder, err)
	}
}

// While act winds down after the end of its context the term goes on.
func TestWindDown(t *testing.T) {
	s := open(t, lease.Options{Dir: t.TempDir()})
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Lead(ctx, func(ctx context.Context, term *lease.Term) error {
		cancel()
		<-ctx.Done()
		return term.Confirm(context.Background())
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Lead: %v", err)
	}
}

func TestOneProcessADirectory(t *testing.T) {
	dir := t.TempDir()
	open(t, lease.Options{Dir: dir})
	_, err := lease.Open(t.Context(), lease.Options{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("opened twice: %v", err)
	}
}

func TestOptions(t *testing.T) {
	for want, o := range map[string]lease.Options{
		"neither":   {},
		"prefix":    {Dir: "x", Prefix: "no"},
		"whole":     {Dir: "x", TTL: 2500 * time.Millisecond},
		"from 2s":   {Dir: "x", TTL: time.Second},
		"holder":    {Dir: "x", Holder: strings.Repeat("h", lease.MaxHolder+1)},
		"endpoints": {Endpoints: []string{"http://me:pw@host"}},
	} {
		if _, err := lease.Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "pw") {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// A log that is damaged is an error of Open and does not end the process.
func TestDamagedDirectory(t *testing.T) {
	dir := t.TempDir()
	s := open(t, lease.Options{Dir: dir})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	logs, err := filepath.Glob(filepath.Join(dir, "member", "wal", "*.wal"))
	if err != nil || len(logs) == 0 {
		t.Fatalf("logs %v, err %v", logs, err)
	}
	for _, name := range logs {
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteAt([]byte(strings.Repeat("damaged!", 512)), 64); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childDir+"="+dir)
	out, err := child.CombinedOutput() // a program of its own: what it could not read stays open
	if err != nil || !strings.Contains(string(out), "open store "+dir) || strings.Contains(string(out), "goroutine") {
		t.Errorf("a damaged directory: %v, %s", err, out)
	}
	t.Logf("%s", out)
}
