package notify

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"jembatan/failover"
)

var errCut = errors.New("the power is gone")

// TestCut attacks the directory: the power goes at any step of any write, the
// next process takes up what is there, and so on. Whatever was on disk reaches
// everybody, in order; what was noted as delivered is not sent again; and what is
// sent twice has the same ID.
func TestCut(t *testing.T) {
	// Each life ends after so many steps of the disk; the last does not end.
	for cut := range 30 {
		for _, second := range []int{8} {
			synctest.Test(t, func(t *testing.T) { lives(t, []int{cut, second, -1}) })
		}
	}
}

func TestCutAnywhere(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		cuts := append(rapid.SliceOfN(rapid.IntRange(0, 60), 0, 2).Draw(rt, "cuts"), -1)
		synctest.Test(t, func(t *testing.T) { lives(t, cuts) })
	})
}

// A ledger is what the world outside knows: it survives every life.
type ledger struct {
	mu    sync.Mutex
	got   map[string][]string // by recipient: reasons, in order
	times map[string]int      // by recipient and ID
	away  bool                // recipient 2 cannot be reached
}

func (l *ledger) Send(_ context.Context, to string, m Message) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.away && to == "2" {
		return errors.New("away")
	}
	if l.times[to+m.ID]++; l.times[to+m.ID] == 1 {
		l.got[to] = append(l.got[to], m.ID)
	}
	return nil
}

func lives(t *testing.T, cuts []int) {
	dir := t.TempDir()
	world := &ledger{got: map[string][]string{}, times: map[string]int{}}
	var order, saved []string
	for life, steps := range cuts {
		ids, delivered := onDisk(t, dir)
		saved = append(saved, ids...)
		world.away = steps >= 0 // Until the last life alerts pile up.
		before := maps.Clone(world.times)
		o, err := Open(Options{Dir: dir, Channels: []Channel{channel([]string{"1", "2"}, Route{Name: "r", Sender: world})}})
		if err != nil {
			t.Fatal(err)
		}
		o.disk.step = func() error {
			if steps == 0 {
				return errCut
			}
			steps--
			return nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); _ = o.Run(ctx) }()
		for i := range 3 {
			a := alert(fmt.Sprintf("s%d-%d", life, i), failover.ServerFailed)
			order = append(order, a.ID)
			o.Enqueue(a)
			synctest.Wait()
		}
		cancel()
		<-done
		if err := o.Close(); err != nil {
			t.Fatal(err)
		}
		for key := range delivered {
			if world.times[key] != before[key] {
				t.Fatalf("cuts %v, life %d: %s was delivered already and was sent again", cuts, life, key)
			}
		}
		time.Sleep(time.Minute)
	}
	for _, id := range saved {
		for _, to := range []string{"1", "2"} {
			if world.times[to+id] == 0 {
				t.Fatalf("cuts %v: %s was on disk and did not reach %s", cuts, id, to)
			}
		}
	}
	for to, ids := range world.got {
		next := 0
		for _, id := range order {
			if next < len(ids) && ids[next] == id {
				next++
			}
		}
		if next != len(ids) {
			t.Fatalf("cuts %v: %s got them in another order", cuts, to)
		}
	}
}

// onDisk returns the alerts in a directory, and which deliveries they say are
// done.
func onDisk(t *testing.T, dir string) (ids []string, delivered map[string]bool) {
	t.Helper()
	delivered = map[string]bool{}
	o, err := Open(Options{Dir: dir, Channels: []Channel{channel([]string{"1", "2"})}})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if broken, _ := filepath.Glob(filepath.Join(dir, "*"+badSuffix)); len(broken) > 0 {
		t.Fatalf("files that cannot be read: %v", broken)
	}
	for _, e := range o.entries {
		ids = append(ids, e.Alert.ID)
		for _, d := range e.To {
			if d.State == Delivered {
				delivered[d.To+e.Alert.ID] = true
			}
		}
	}
	return ids, delivered
}

// TestDiskFails: without a disk alerts still go out, and it is said.
func TestDiskFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, out := &post{}, &told{}
		o := start(t, Options{Dir: t.TempDir(), Told: out.add, Channels: []Channel{channel([]string{"1"}, Route{Name: "r", Sender: p})}})
		o.disk.step = func() error { return errCut }
		o.Enqueue(alert("main", failover.ServerFailed))
		time.Sleep(time.Minute)
		if p.count() != 1 || !strings.Contains(strings.Join(out.lines(), "\n"), "unsaved   #0 late 0s: keep alert: the power is gone") {
			t.Errorf("%v, %q", p.all(), out.lines())
		}
	})
}

// TestFilesGo: what is delivered does not stay, and a second process is kept out.
func TestFilesGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		o := start(t, Options{Dir: dir, Channels: []Channel{channel([]string{"1"}, Route{Name: "r", Sender: &post{}})}})
		o.Enqueue(alert("main", failover.ServerFailed))
		synctest.Wait()
		if files, _ := filepath.Glob(filepath.Join(dir, "*"+fileSuffix)); len(files) != 1 {
			t.Errorf("just now: %v", files)
		}
		time.Sleep(window + time.Second)
		if files, _ := os.ReadDir(dir); len(files) != 1 || files[0].Name() != lockName {
			t.Errorf("later: %v", files)
		}
		if _, err := Open(Options{Dir: dir}); !errors.Is(err, ErrInUse) {
			t.Errorf("a second outbox: %v", err)
		}
	})
}

// TestRestart: repetitions are known, a broken file is set aside, recipients that
// are no more are given up.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, p := t.TempDir(), &post{}
		p.set("1", errors.New("away"))
		opts := Options{Dir: dir, Channels: []Channel{channel([]string{"1", "old"}, Route{Name: "r", Sender: p})}}
		p.set("old", errors.New("away"))
		func() {
			o, err := Open(opts)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() { defer close(done); _ = o.Run(ctx) }()
			o.Enqueue(alert("main", failover.ServerFailed))
			synctest.Wait()
			cancel()
			<-done
			_ = o.Close()
		}()
		if err := os.WriteFile(filepath.Join(dir, "0000000000000099.alert"), []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		p.set("1", nil)
		out := &told{}
		opts.Told = out.add
		opts.Channels = []Channel{channel([]string{"1"}, Route{Name: "r", Sender: p})}
		o := start(t, opts)
		time.Sleep(time.Second)
		o.Enqueue(alert("main", failover.ServerFailed))
		synctest.Wait()
		same(t, []string{
			"dropped old  #0 late 0s",
			"unsaved   #0 late 0s: a file of an alert cannot be read: " + filepath.Join(dir, "0000000000000099.alert"),
			"delivered 1 r #1 late 0s", "repeated   #0 late 0s",
		}, out.lines())
	})
}
