package routeros

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	client "github.com/go-routeros/routeros/v3"

	"jembatan/routeros/proto"
)

// maxLoginSentences is how many sentences a device may send before login is
// over. An honest one sends four at most: a challenge and a verdict, each with
// a trap before it.
const maxLoginSentences = 8

// login logs in over conn, reading through r. The exchange itself (one stage
// since RouterOS 6.43, a challenge before) is go-routeros's; it sees only
// sentences that r has read within its limits, and nothing beyond the verdict
// is taken from r.
func login(ctx context.Context, conn io.Writer, r *proto.Reader, opts Options) error {
	w := &loginConn{w: conn, r: r}
	c, err := client.NewClient(w)
	if err != nil {
		return fmt.Errorf("log in as %s: %w", opts.User, err)
	}
	c.SetLogHandler(slog.DiscardHandler) // Its debug log shows passwords.
	err = c.LoginContext(ctx, opts.User, string(opts.Password))
	if err == nil {
		return nil
	}
	return fmt.Errorf("log in as %s: %w", opts.User, w.explain(err, string(opts.Password)))
}

// A loginConn stands between go-routeros and the connection. Left alone that
// library allocates what a stranger's length prefix says and reads ahead of
// the sentence that it needs. Close is left out on purpose: the connection is
// not the library's.
type loginConn struct {
	w     io.Writer
	r     *proto.Reader
	sen   proto.Sentence
	wire  []byte // the sentence that is being handed over
	left  []byte // what of wire is still to be read
	count int
	traps []Trap
	err   error // the first error of the connection
}

// Write sends what the library says.
func (c *loginConn) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	if err != nil && c.err == nil {
		c.err = err
	}
	return n, err
}

// Close does nothing.
func (c *loginConn) Close() error { return nil }

// Read hands over the next whole sentence, in pieces if p is small.
func (c *loginConn) Read(p []byte) (int, error) {
	if len(c.left) == 0 {
		if err := c.next(); err != nil {
			if c.err == nil {
				c.err = err
			}
			return 0, err
		}
	}
	n := copy(p, c.left)
	c.left = c.left[n:]
	return n, nil
}

// next reads one sentence, notes what it says and re-encodes the part of it
// that the library can parse.
func (c *loginConn) next() error {
	if c.count++; c.count > maxLoginSentences {
		return fmt.Errorf("%w: more than %d sentences before login", ErrProtocol, maxLoginSentences)
	}
	if err := c.r.Read(&c.sen); err != nil {
		return readError(err)
	}
	word := string(c.sen.Word(0))
	switch word {
	case replyFatal:
		return &FatalError{Message: fatalReason(&c.sen)}
	case replyTrap:
		c.traps = append(c.traps, trapOf(&c.sen))
	case replyRow, replyDone, replyEmpty:
	default:
		// Not quoted: whoever answers may repeat what it was told.
		return fmt.Errorf("%w: the answer to /login is not a reply", ErrProtocol)
	}
	c.wire = appendWord(c.wire[:0], word)
	for i := 1; i < c.sen.Len(); i++ {
		if w := c.sen.Word(i); w[0] == '=' {
			c.wire = append(proto.AppendLength(c.wire, len(w)), w...)
		}
	}
	c.wire = append(c.wire, 0)
	c.left = c.wire
	return nil
}

// explain turns the library's error into ours: the connection's own error, the
// device's own words, or what the library said, the password taken out.
func (c *loginConn) explain(err error, password string) error {
	if c.err != nil {
		if fatal, ok := errors.AsType[*FatalError](c.err); ok {
			return &FatalError{Message: scrub(fatal.Message, password)}
		}
		return c.err
	}
	if len(c.traps) == 0 {
		return fmt.Errorf("%w: %s", ErrProtocol, scrub(err.Error(), password))
	}
	trap := newTrapError("/login", c.traps, []string{password})
	return fmt.Errorf("%w: %w", ErrLogin, trap)
}
