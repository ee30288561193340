package routeros

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"jembatan/routeros/proto"
)

// defaultFollowBuffer is how many events a Follow holds for its reader.
const defaultFollowBuffer = 256

// FollowOptions adjust a Follow. The zero value is ready to use.
type FollowOptions struct {
	// Buffer is how many events are held for a reader that is behind. Zero
	// means 256.
	Buffer int
	// Query are query words, as for Print.
	Query []string
}

// An Event is a change of one row.
type Event struct {
	// Row holds the properties as they are now. If Row.Dead, the item is gone
	// and only its id is there.
	Row Row
	// Lost is how many events were dropped since the event before, because the
	// reader was behind. Above zero: list the menu again.
	Lost int
}

// A Follow is a command that reports changes until it is closed. It never
// holds up other calls on the session: when its reader is behind, the oldest
// event is dropped and the newest says so.
type Follow struct {
	s    *Session
	tag  uint64
	path string
	stop func() bool // unhooks from the context

	mu     sync.Mutex // guards all below, and sending on events
	events chan Event
	traps  []Trap
	ended  bool
	err    error
}

// Follow starts to report changes of menu's rows, of each the properties in
// proplist; ".id" and ".dead" are added. Rows that are there already are not
// reported. It ends when ctx ends, by Close, and when the session ends. A
// device refuses by ending it at once: see Err.
func (s *Session) Follow(ctx context.Context, menu string, proplist []string, opts FollowOptions) (*Follow, error) {
	if opts.Buffer <= 0 {
		opts.Buffer = defaultFollowBuffer
	}
	props := slices.Clone(proplist)
	for _, name := range []string{".id", ".dead"} {
		if len(props) > 0 && !slices.Contains(props, name) {
			props = append(props, name)
		}
	}
	req := Request{Path: menu + "/listen", Query: opts.Query}
	if len(props) > 0 {
		req.Fields = Fields{{Name: ".proplist", Value: strings.Join(props, ",")}}
	}
	f := &Follow{s: s, path: req.Path, events: make(chan Event, opts.Buffer)}
	f.mu.Lock()
	defer f.mu.Unlock() // Replies may come before begin returns.
	tag, err := s.begin(ctx, outgoing{req, f})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", req.Path, err)
	}
	f.tag = tag
	f.stop = context.AfterFunc(ctx, func() { f.cancel(contextError(ctx)) })
	return f, nil
}

// Events returns the channel of events. It is closed when the Follow has
// ended and all events have been taken.
func (f *Follow) Events() <-chan Event { return f.events }

// All yields events until the Follow ends; breaking off does not end it.
func (f *Follow) All() iter.Seq[Event] {
	return func(yield func(Event) bool) {
		for e := range f.events {
			if !yield(e) {
				return
			}
		}
	}
}

// Err returns nil while the Follow runs and after Close, and otherwise why it
// ended: a *TrapError, ErrClosed, or the error of its context.
func (f *Follow) Err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// Close ends the Follow and has the device cancel it. It always returns nil.
func (f *Follow) Close() error {
	f.cancel(nil)
	return nil
}

// cancel ends f because of err if it has not ended.
func (f *Follow) cancel(err error) {
	if f.s.forget(f.tag) {
		f.end(Row{}, err)
	}
}

// row implements pending.
func (f *Follow) row(s *proto.Sentence) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended {
		return nil
	}
	e := Event{Row: rowOf(s)}
	for {
		select {
		case f.events <- e:
			return nil
		default:
		}
		select {
		case old := <-f.events:
			e.Lost += old.Lost + 1
		default:
		}
	}
}

// trap implements pending.
func (f *Follow) trap(t Trap) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.traps) < maxTraps {
		f.traps = append(f.traps, t)
	}
}

// end implements pending.
func (f *Follow) end(_ Row, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended {
		return
	}
	f.ended = true
	switch {
	case err != nil:
		f.err = fmt.Errorf("%s: %w", f.path, err)
	case len(f.traps) > 0:
		f.err = newTrapError(f.path, f.traps, nil)
	}
	if f.stop != nil {
		f.stop()
	}
	close(f.events)
}
