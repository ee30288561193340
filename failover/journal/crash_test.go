package journal_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jembatan/failover/journal"
	"jembatan/failover/lease"
)

// Saves, some given up in the middle, and fresh starts, in any order: what is
// loaded is always the last state that was acknowledged or one that was given up
// since, and the history is whole.
func TestGivenUp(t *testing.T) {
	dir := t.TempDir()
	s := open(t, lease.Options{Dir: dir})
	runs, given := 0, 0
	last := map[string]uint64{}
	lead(t, s, func(ctx context.Context, term *lease.Term) {
		rapid.Check(t, func(t *rapid.T) {
			runs++
			service := fmt.Sprintf("s%d", runs)
			j := journal.New(s)
			var acked uint64
			saves := rapid.Uint64Range(1, 12).Draw(t, "saves")
			for n := uint64(1); n <= saves; n++ {
				ctx, cancel := ctx, func() {}
				switch rapid.IntRange(0, 3).Draw(t, "how") {
				case 0:
					j = journal.New(s)
				case 1:
					ctx, cancel = context.WithTimeout(ctx, time.Duration(rapid.IntRange(0, 1500).Draw(t, "µs"))*time.Microsecond)
				}
				err := j.Save(ctx, term, service, stateOf(n), entriesOf(n, rapid.IntRange(0, 3).Draw(t, "entries")))
				if err == nil {
					acked = n
				} else if given++; ctx.Err() == nil && !strings.Contains(err.Error(), "timed out") { // the server watches the deadline too
					t.Fatal(err)
				}
				cancel()
				check(t, s, service, acked, n)
			}
			last[service] = acked
		})
	})
	t.Logf("%d services, %d saves given up", runs, given)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, lease.Options{Dir: dir})
	for service, acked := range last {
		check(t, s, service, acked, acked+12)
	}
}

type failer interface {
	Fatalf(format string, args ...any)
}

// check compares what is in the store with what may be there: a state from acked
// to tried, 0 for none, and a history that ends with it.
func check(t failer, s *lease.Store, service string, acked, tried uint64) {
	j := journal.New(s)
	ctx := context.Background()
	var history []journal.Entry
	state, found, err := j.Load(ctx, service)
	for before := ^uint64(0); before != state.LastID && err == nil; { // one that was given up may come in between
		before = state.LastID
		if history, err = j.History(ctx, service, journal.Query{Limit: 1 << 20}); err == nil {
			state, found, err = j.Load(ctx, service)
		}
	}
	if err != nil || found != (state.LastID > 0) || state.LastID < acked || state.LastID > tried {
		t.Fatalf("%s: state %d (found %v), acknowledged %d, tried %d, err %v", service, state.LastID, found, acked, tried, err)
	}
	if err := journal.Verify(history); err != nil {
		t.Fatalf("%v", err)
	}
	for i, e := range history {
		if e.Seq != history[0].Seq+uint64(i) || e.Action.ID > state.LastID || i > 0 && e.Action.ID < history[i-1].Action.ID {
			t.Fatalf("%s: entry %d of save %d under state %d", service, e.Seq, e.Action.ID, state.LastID)
		}
	}
}

// Roles of the child, which is this program.
const (
	childRole  = "JEMBATAN_TEST_JOURNAL_ROLE" // saver or sleeper
	childStore = "JEMBATAN_TEST_JOURNAL_STORE"
)

// child leads and saves. The saver does so until it is killed, and tells each
// number after it was saved. The sleeper waits for a line between one Save and
// the next, and tells whether its term is valid, first thing after it.
func child(role string) error {
	o := lease.Options{Dir: os.Getenv(childStore)}
	if role == "sleeper" {
		o = lease.Options{Endpoints: []string{os.Getenv(childStore)}, TTL: 2 * time.Second, Holder: "sleeper"}
	}
	s, err := lease.Open(context.Background(), o)
	if err != nil {
		return err
	}
	j := journal.New(s)
	return s.Lead(context.Background(), func(ctx context.Context, t *lease.Term) error {
		state, _, err := j.Load(ctx, "erp")
		if err != nil {
			return err
		}
		in := bufio.NewScanner(os.Stdin)
		for n := state.LastID + 1; ; n++ {
			valid := t.Valid()
			err := j.Save(context.Background(), t, "erp", stateOf(n), entriesOf(n, 3))
			if role == "saver" && err != nil {
				return err
			}
			fmt.Println(n, t.Epoch(), valid, errors.Is(err, lease.ErrNotLeading))
			if role == "sleeper" && !in.Scan() {
				return nil
			}
		}
	})
}

// A process is a child of a test.
type process struct {
	*exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

func start(t *testing.T, role, store string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(os.Args[0])}
	p.Env = append(os.Environ(), childRole+"="+role, childStore+"="+store)
	p.Stderr = os.Stderr
	in, err1 := p.StdinPipe()
	out, err2 := p.StdoutPipe()
	if err := errors.Join(err1, err2, p.Start()); err != nil {
		t.Fatal(err)
	}
	p.in, p.out = in, bufio.NewScanner(out)
	t.Cleanup(func() { _ = p.Process.Kill(); _ = p.Wait() })
	return p
}

// said is a line of a child.
type said struct {
	n, epoch       uint64
	valid, refused bool
}

func (p *process) hear(t *testing.T) (s said, ok bool) {
	t.Helper()
	if !p.out.Scan() {
		return s, false
	}
	if _, err := fmt.Sscan(p.out.Text(), &s.n, &s.epoch, &s.valid, &s.refused); err != nil {
		t.Fatalf("the child said %q", p.out.Text())
	}
	return s, true
}

// A process that is killed in the middle of saving has lost nothing that it was
// told is saved.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	var epoch uint64
	for round := range 4 {
		p := start(t, "saver", dir)
		var last said
		for range 20 + 13*round {
			var ok bool
			if last, ok = p.hear(t); !ok {
				t.Fatal("the child ended by itself")
			}
		}
		if err := p.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for { // what it said before it died
			s, ok := p.hear(t)
			if !ok {
				break
			}
			last = s
		}
		_ = p.Wait()
		if last.epoch <= epoch {
			t.Errorf("epoch %d after %d", last.epoch, epoch)
		}
		epoch = last.epoch
		began := time.Now()
		s := open(t, lease.Options{Dir: dir})
		t.Logf("killed after save %d; opened after %s", last.n, time.Since(began))
		check(t, s, "erp", last.n, last.n+1)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A leader that is frozen for longer than the TTL is replaced. When it goes on
// it does not believe to lead, and saves nothing.
func TestFrozen(t *testing.T) {
	c := cluster(t)
	p := start(t, "sleeper", c.Endpoint)
	first, ok := p.hear(t)
	if !ok || !first.valid || first.refused {
		t.Fatal(first, ok)
	}
	if err := p.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	s := open(t, lease.Options{Endpoints: []string{c.Endpoint}, TTL: 2 * time.Second})
	j := journal.New(s)
	lead(t, s, func(ctx context.Context, term *lease.Term) {
		t.Logf("took over after %s", time.Since(began))
		if term.Epoch() <= first.epoch {
			t.Errorf("epoch %d after %d", term.Epoch(), first.epoch)
		}
		if err := j.Save(ctx, term, "erp", stateOf(100), entriesOf(100, 1)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(p.in, "go on\n"); err != nil {
			t.Fatal(err)
		}
		if err := p.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		if again, ok := p.hear(t); !ok || again.valid || !again.refused || again.epoch != first.epoch {
			t.Error("after the thaw", again, ok)
		}
		check(t, s, "erp", 100, 100)
	})
}

// A Save to a store that does not answer fails within its context.
func TestStopped(t *testing.T) {
	c := cluster(t)
	s := open(t, lease.Options{Endpoints: []string{c.Endpoint}, TTL: 2 * time.Second})
	j := journal.New(s)
	lead(t, s, func(ctx context.Context, term *lease.Term) {
		if err := c.Stop(); err != nil {
			t.Fatal(err)
		}
		short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		defer cancel()
		began := time.Now()
		if err := j.Save(short, term, "erp", stateOf(1), nil); err == nil || time.Since(began) > time.Second {
			t.Errorf("Save: %v after %s", err, time.Since(began))
		}
		<-ctx.Done()
		if took := time.Since(began); took > 2*time.Second || term.Valid() {
			t.Errorf("stopped after %s, valid %v", took, term.Valid())
		}
		if err := j.Save(context.Background(), term, "erp", stateOf(1), nil); !errors.Is(err, lease.ErrNotLeading) {
			t.Errorf("Save: %v", err)
		}
	})
}
