package load

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// pages opens the URL again and again, whether answers come or not.
func pages(ctx context.Context, o Options, c clock, out chan<- Record) error {
	if _, err := http.NewRequestWithContext(ctx, http.MethodGet, o.URL, nil); err != nil {
		return fmt.Errorf("load: %w", err)
	}
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	var open sync.WaitGroup
	defer open.Wait()
	tick := time.NewTicker(o.Every)
	defer tick.Stop()
	for {
		open.Go(func() { // It may outlive ctx: a request that was begun is counted.
			out <- page(context.WithoutCancel(ctx), &client, o, c)
		})
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// page is one request.
func page(ctx context.Context, client *http.Client, o Options, c clock) Record {
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	r := Record{Kind: HTTP, At: c.now()}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, o.URL, nil)
	if err == nil {
		var resp *http.Response
		if resp, err = client.Do(req); err == nil {
			defer func() { _ = resp.Body.Close() }()
			_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
			r.By = resp.Header.Get("Server")
			if resp.StatusCode < 200 || resp.StatusCode > 299 {
				r.Why, r.Detail = Status, resp.Status
			}
		}
	}
	r.End = c.now()
	if err != nil {
		r.Why, r.Detail = reasonOf(err), err.Error()
	}
	r.OK = r.Why == ""
	return r
}
