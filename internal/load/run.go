package load

import (
	"context"
	"errors"
	"io"
	"time"

	"golang.org/x/sync/errgroup"
)

// Options say what to use and how. URL or Database has to be given; both run side
// by side.
type Options struct {
	URL   string        // opened every Every, each time over a new connection
	Every time.Duration // zero: 5 ms
	// Timeout bounds one HTTP request and the connecting to the database; zero
	// means 250 ms.
	Timeout time.Duration
	// Database is host:port; rows are inserted into lab.acked, one by one.
	Database       string
	User, Password string // of the database; empty: app and lab
	// Rows is the time between two inserts; zero means none.
	Rows time.Duration
	// Answer bounds an insert; zero means 1 s.
	Answer time.Duration
	// For ends the run; zero: ctx does.
	For time.Duration
}

// Run uses the service until ctx ends and writes a record of each request. It
// returns when everything that it began has ended.
func Run(ctx context.Context, o Options, to io.Writer) error {
	if o.URL == "" && o.Database == "" {
		return errors.New("load: neither a URL nor a database")
	}
	o.Every, o.Timeout, o.Answer = orDefault(o.Every, 5*time.Millisecond), orDefault(o.Timeout, 250*time.Millisecond), orDefault(o.Answer, time.Second)
	if o.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.For)
		defer cancel()
	}
	records := make(chan Record, 1024)
	var users, writer errgroup.Group
	writer.Go(func() error { return write(to, records) })
	c := clock{time.Now()}
	if o.URL != "" {
		users.Go(func() error { return pages(ctx, o, c, records) })
	}
	if o.Database != "" {
		users.Go(func() error { return rows(ctx, o, c, records) })
	}
	err := users.Wait()
	close(records)
	return errors.Join(err, writer.Wait())
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}
