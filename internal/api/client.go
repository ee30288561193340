package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"jembatan/failover/journal"
)

// A Client asks a running controller.
type Client struct {
	path string
	http http.Client
}

// NewClient returns a client of the controller at a socket. Nothing is dialed yet.
func NewClient(path string) *Client {
	t := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: 2 * time.Second}).DialContext(ctx, "unix", path)
	}}
	return &Client{path: path, http: http.Client{Transport: t}}
}

// Close ends idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// ErrNoController says that nobody listens at the socket.
var ErrNoController = errors.New("no controller runs here")

// maxReply is how much of a reply is read.
const maxReply = 64 << 20

// Status asks how everything is.
func (c *Client) Status(ctx context.Context) (Status, error) {
	var s Status
	return s, c.do(ctx, http.MethodGet, "/v1/status", nil, &s)
}

// Command asks for a command to be carried out. A refusal is a reply, no error.
func (c *Client) Command(ctx context.Context, service string, in CommandRequest) (CommandReply, error) {
	var out CommandReply
	return out, c.do(ctx, http.MethodPost, "/v1/services/"+url.PathEscape(service)+"/commands", in, &out)
}

// History asks what happened.
func (c *Client) History(ctx context.Context, service string, q journal.Query) ([]journal.Entry, error) {
	v := url.Values{}
	if q.Limit > 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	if q.After > 0 {
		v.Set("after", strconv.FormatUint(q.After, 10))
	}
	if q.Newest {
		v.Set("newest", "true")
	}
	if !q.Since.IsZero() {
		v.Set("since", q.Since.UTC().Format(time.RFC3339))
	}
	var out []journal.Entry
	return out, c.do(ctx, http.MethodGet, "/v1/services/"+url.PathEscape(service)+"/history?"+v.Encode(), nil, &out)
}

// StartDrill begins a drill. A refusal is a reply, no error.
func (c *Client) StartDrill(ctx context.Context, service string, in DrillRequest) (DrillReply, error) {
	var out DrillReply
	return out, c.do(ctx, http.MethodPost, "/v1/services/"+url.PathEscape(service)+"/drills", in, &out)
}

// Drills lists the drills that were held.
func (c *Client) Drills(ctx context.Context, service string) ([]DrillInfo, error) {
	var out []DrillInfo
	return out, c.do(ctx, http.MethodGet, "/v1/services/"+url.PathEscape(service)+"/drills", nil, &out)
}

// Drill returns a report as it is kept; ErrNoDrill while there is none.
func (c *Client) Drill(ctx context.Context, service, id string) (json.RawMessage, error) {
	var out json.RawMessage
	return out, c.do(ctx, http.MethodGet, "/v1/services/"+url.PathEscape(service)+"/drills/"+url.PathEscape(id), nil, &out)
}

// Reload asks it to read the topology again.
func (c *Client) Reload(ctx context.Context) error {
	return c.do(ctx, http.MethodPost, "/v1/reload", nil, nil)
}

func (c *Client) do(ctx context.Context, method, path string, in, out any) error {
	var payload io.Reader = http.NoBody
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		payload = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://controller"+path, payload)
	if err != nil {
		return err
	}
	res, err := c.http.Do(req)
	if err != nil {
		if op, dial := errors.AsType[*net.OpError](err); dial && ctx.Err() == nil {
			return fmt.Errorf("%w: %s (is jembatan serve running, and may you use its socket?): %w", ErrNoController, c.path, op.Err)
		}
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxReply))
	if err != nil {
		return fmt.Errorf("reply of the controller: %w", err)
	}
	switch res.StatusCode {
	case http.StatusOK, http.StatusAccepted, http.StatusConflict:
		if out == nil {
			return nil
		}
		return json.Unmarshal(b, out)
	}
	return problemOf(res.StatusCode, b)
}

// problemOf makes an error of a reply, with the sentinels that callers know.
func problemOf(code int, b []byte) error {
	var p Problem
	if err := json.Unmarshal(b, &p); err != nil || p.Error == "" {
		return fmt.Errorf("the controller answered %d", code)
	}
	for _, known := range []error{ErrNoService, ErrNoDrill} {
		if code == http.StatusNotFound && p.Error == known.Error() {
			return known
		}
	}
	return errors.New(p.Error)
}
