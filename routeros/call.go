package routeros

import (
	"context"
	"errors"
	"fmt"
	"unsafe"

	"jembatan/routeros/proto"
)

// Call sends req and waits for its whole reply. When ctx ends first Call
// returns at once and the command is cancelled on the device; other calls go
// on.
//
// Errors: *TrapError if the device refused; ErrBadRequest, or the error of ctx,
// or ErrClosed if nothing was sent; ErrOutcomeUnknown beside the error of ctx
// or ErrClosed if a write was sent and not answered; ErrReplyTooLarge. All
// begin with the command's path.
func (s *Session) Call(ctx context.Context, req Request) (Reply, error) {
	c := &call{path: req.Path, limits: s.limits, ended: make(chan struct{})}
	tag, err := s.begin(ctx, req, c)
	if err != nil {
		if errors.Is(err, ErrBadRequest) {
			return Reply{}, err
		}
		return Reply{}, fmt.Errorf("%s: %w", req.Path, err)
	}
	select {
	case <-c.ended:
	case <-ctx.Done():
		if s.forget(tag) {
			return Reply{}, lost(req, contextError(ctx))
		}
		<-c.ended // The answer, or the end of the session, came first.
	}
	switch {
	case c.err != nil:
		return Reply{}, lost(req, c.err)
	case len(c.traps) > 0:
		return Reply{}, newTrapError(req.Path, c.traps, req.secrets())
	}
	return c.reply, nil
}

// lost is the error of a command that was sent and whose answer did not come.
func lost(req Request, err error) error {
	if req.ReadOnly() {
		return fmt.Errorf("%s: %w", req.Path, err)
	}
	return &OutcomeError{Path: req.Path, Err: err}
}

// A call collects one reply. The reader owns it until ended is closed.
type call struct {
	path   string
	limits Limits
	ended  chan struct{}

	reply Reply
	bytes int
	traps []Trap
	err   error
}

func (c *call) row(s *proto.Sentence) error {
	size := s.Size() + int(unsafe.Sizeof(Row{}))
	if c.bytes += size; c.bytes > c.limits.Reply {
		return fmt.Errorf("%w: more than %d bytes", ErrReplyTooLarge, c.limits.Reply)
	}
	if len(c.reply.Rows) >= c.limits.Rows {
		return fmt.Errorf("%w: more than %d rows", ErrReplyTooLarge, c.limits.Rows)
	}
	c.reply.Rows = append(c.reply.Rows, rowOf(s))
	return nil
}

func (c *call) trap(t Trap) {
	if len(c.traps) < maxTraps {
		c.traps = append(c.traps, t)
	}
}

func (c *call) end(done Row, err error) {
	c.reply.Done, c.err = done, err
	close(c.ended)
}
