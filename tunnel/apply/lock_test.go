package apply_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/tunnel/apply"
)

// TestLock lets one of two in, tells the other who it is, and takes over a lock
// whose time has run out.
func TestLock(t *testing.T) {
	onBench(t, "7.18.2", site, func(b *bench) {
		routers := []string{"sby", "jkt", "bdg"}
		before := b.exports()
		unlock, err := apply.Lock(b.Context(), b.connect, routers, "anna@mgmt [1]")
		if err != nil {
			b.Fatal(err)
		}
		_, err = apply.Lock(b.Context(), b.connect, routers, "budi@mgmt[2]")
		locked, ok := errors.AsType[*apply.LockedError](err)
		if !ok || locked.Holder != "anna@mgmt_[1]" || locked.Router != "bdg" {
			b.Errorf("the second one got %v", err)
		}
		if err := unlock(b.Context()); err != nil {
			b.Error(err)
		}
		if d := cmp.Diff(before, b.exports()); d != "" {
			b.Errorf("a lock was left (-want +got):\n%s", d)
		}
		if _, err = apply.Lock(b.Context(), b.connect, routers, "gone@mgmt[3]"); err != nil {
			b.Fatal(err)
		}
		time.Sleep(time.Hour)
		unlock, err = apply.Lock(b.Context(), b.connect, routers, "budi@mgmt[2]")
		if err != nil {
			b.Fatalf("a stale lock was not taken over: %v", err)
		}
		if err := unlock(b.Context()); err != nil {
			b.Error(err)
		}
	})
}

// TestTwoAtOnce locks from many sides at once: exactly one gets in.
func TestTwoAtOnce(t *testing.T) {
	onBench(t, "7.24", site, func(b *bench) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		got := 0
		for i := range 8 {
			wg.Go(func() {
				if _, err := apply.Lock(b.Context(), b.connect, []string{"jkt", "sby"}, fmt.Sprintf("p%d", i)); err == nil {
					mu.Lock()
					got++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if got != 1 {
			b.Errorf("%d got the lock", got)
		}
	})
}
