package effect

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"jembatan/failover"
)

// goodInARow is how many answers of an address prove that the service is there.
const goodInARow = 3

// probe asks the service through the public address of each router that leads to
// the new server, several times in a row. A router that the rewrite has not
// reached is not asked: it is owed, and its clients cannot be helped by waiting.
func (e *Effects) probe(ctx context.Context) Outcome {
	var mu sync.Mutex
	var bad []string
	asked := 0
	var all sync.WaitGroup
	for _, p := range e.s.Public {
		if !e.ways.open(p.Router) {
			continue
		}
		asked++
		all.Go(func() {
			if err := ask(ctx, p); err != nil {
				mu.Lock()
				defer mu.Unlock()
				bad = append(bad, fmt.Sprintf("%s: %v", p.Router, err))
			}
		})
	}
	all.Wait()
	switch {
	case asked == 0:
		return Outcome{Err: failover.Unreachable, Detail: "no router leads to the new server yet"}
	case len(bad) > 0:
		return Outcome{Err: failover.Refused, Detail: strings.Join(bad, "; ")}
	}
	return Outcome{}
}

// askAgain is the pause after an answer that was not good: a router may need a
// moment until packets go the new way.
const askAgain = 20 * time.Millisecond

// ask returns when the answers were good, or the last error when ctx ends.
func ask(ctx context.Context, p Public) error {
	var last error
	for good := 0; good < goodInARow; {
		err := p.Ask(ctx)
		if ctx.Err() != nil {
			return cmp.Or(last, err, ctx.Err())
		}
		if err == nil {
			good++
			continue
		}
		good, last = 0, err
		select {
		case <-ctx.Done():
		case <-time.After(askAgain):
		}
	}
	return nil
}
