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
	c := s.newCall(req)
	tag, err := s.begin(ctx, outgoing{req, c})
	if err != nil {
		return Reply{}, notSent(req, err)
	}
	return s.await(ctx, c, tag)
}

// A Result is what became of one request of a pipeline.
type Result struct {
	Reply Reply
	Err   error // as from Session.Call
}

// Pipeline sends requests in one write, so that they arrive back to back, and
// waits for all replies. The device begins them in this order; there is no
// transaction, and one that fails does not stop the next. The results are in
// the order of the requests. If one cannot be sent, none is.
func (s *Session) Pipeline(ctx context.Context, reqs ...Request) []Result {
	results, out, calls := make([]Result, len(reqs)), make([]outgoing, len(reqs)), make([]*call, len(reqs))
	for i, req := range reqs {
		calls[i] = s.newCall(req)
		out[i] = outgoing{req, calls[i]}
	}
	if len(reqs) == 0 {
		return results
	}
	first, err := s.begin(ctx, out...)
	for i, req := range reqs {
		if err != nil {
			results[i].Err = notSent(req, err)
			continue
		}
		results[i].Reply, results[i].Err = s.await(ctx, calls[i], first+uint64(i))
	}
	return results
}

// await waits for the end of a call that was sent under tag.
func (s *Session) await(ctx context.Context, c *call, tag uint64) (Reply, error) {
	select {
	case <-c.ended:
	case <-ctx.Done():
		if s.forget(tag) {
			return Reply{}, lost(c.req, contextError(ctx))
		}
		<-c.ended // The answer, or the end of the session, came first.
	}
	switch {
	case c.err != nil:
		return Reply{}, lost(c.req, c.err)
	case len(c.traps) > 0:
		return Reply{}, newTrapError(c.req.Path, c.traps, c.req.secrets())
	}
	return c.reply, nil
}

// notSent is the error of a command that was not sent.
func notSent(req Request, err error) error {
	if errors.Is(err, ErrBadRequest) {
		return err
	}
	return fmt.Errorf("%s: %w", req.Path, err)
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
	req    Request
	limits Limits
	ended  chan struct{}

	reply Reply
	bytes int
	traps []Trap
	err   error
}

func (s *Session) newCall(req Request) *call {
	return &call{req: req, limits: s.limits, ended: make(chan struct{})}
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
