package watch

import (
	"context"
	"time"

	"jembatan/health/replication"
)

const (
	// writeLimit bounds the writing of a token. It is long: a commit that waits
	// for a standby goes on waiting on the server after we gave it up, and another
	// one beside it helps nobody.
	writeLimit = 15 * time.Second
	// longestPause is between two tokens that hung.
	longestPause = time.Minute
)

// write writes the token to a server again and again, for as long as it is the active
// one and this process leads.
func (d *databases) write(ctx context.Context, s *server) error {
	pause := d.every
	var after time.Time
	return each(ctx, d.every, func(now time.Time) {
		active := d.w.o.Active()
		if !active.Leading || active.Server != s.name {
			pause, after = d.every, time.Time{}
			return
		}
		if now.Before(after) {
			return
		}
		began := time.Now()
		d.writes.begin(active, began)
		err := d.writeOnce(ctx, s, active)
		took := time.Since(began)
		o := outcomeOf(err, took)
		d.writes.end(active, o)
		if o == committed || o == refused || took < longestRound {
			pause = d.every
			return
		}
		pause = min(2*pause, longestPause)
		after = time.Now().Add(pause)
	})
}

// writeOnce writes one token and remembers it. It ends when somebody else becomes
// active, or another epoch begins.
func (d *databases) writeOnce(ctx context.Context, s *server, active Active) error {
	ctx, cancel := context.WithTimeout(ctx, writeLimit)
	defer cancel()
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		_ = each(ctx, d.every, func(time.Time) { // It ends with ctx.
			if d.w.o.Active() != active {
				cancel()
			}
		})
	}()
	defer func() { cancel(); <-watched }()
	token, at := d.w.o.Token(), time.Now()
	if err := replication.WriteToken(ctx, s.writer, token, active.Epoch); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.of != active {
		d.of, d.tokens = active, replication.TokenLog{}
	}
	d.tokens = d.tokens.Sent(token, at)
	return nil
}

// sent are the tokens that were written under an active server.
func (d *databases) sent(active Active) replication.TokenLog {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.of != active {
		return replication.TokenLog{}
	}
	return d.tokens
}
