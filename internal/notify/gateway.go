package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"time"

	"jembatan/routeros"
	"jembatan/tunnel"
)

// A Gateway sends text messages by an HTTP service: one POST a message. Make it
// with NewGateway.
type Gateway struct {
	opts   tunnel.SMSGateway
	token  routeros.Secret
	client *http.Client
}

// NewGateway returns the gateway that opts describe, with its token; opts.Token
// is not looked at.
func NewGateway(opts tunnel.SMSGateway, token routeros.Secret) *Gateway {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true // a message a day
	return &Gateway{opts: opts, token: token, client: &http.Client{
		Transport: transport,
		// A redirect would take the token elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Route is the way over the gateway; its name is the host.
func (g *Gateway) Route() Route {
	name := g.opts.URL
	if u, err := url.Parse(g.opts.URL); err == nil {
		name = u.Host
	}
	return Route{Name: name, Limit: 30 * time.Second, Sender: g}
}

// Send implements Sender: one text message to one number. Any answer of 2xx
// means that it was taken; what else the answer says is not looked at.
func (g *Gateway) Send(ctx context.Context, to string, m Message) error {
	req, err := g.request(ctx, to, m.Short)
	if err != nil {
		return g.clean(err)
	}
	resp, err := g.client.Do(req)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		} else if outer, ok := errors.AsType[*url.Error](err); ok {
			err = outer.Err
		}
		return g.clean(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // What is wrong with the rest does not matter.
	if resp.StatusCode/100 != 2 {
		return g.clean(fmt.Errorf("the gateway answers %d %s", resp.StatusCode, http.StatusText(resp.StatusCode)))
	}
	return nil
}

func (g *Gateway) request(ctx context.Context, to, text string) (*http.Request, error) {
	fields := make(map[string]string, len(g.opts.Fields)+3)
	maps.Copy(fields, g.opts.Fields)
	if g.opts.TokenField != "" {
		fields[g.opts.TokenField] = string(g.token)
	}
	fields[g.opts.ToField], fields[g.opts.TextField] = to, text
	body, kind, err := g.encode(fields)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.opts.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", kind)
	switch {
	case g.opts.User != "":
		req.SetBasicAuth(g.opts.User, string(g.token))
	case g.opts.TokenField == "" && g.token != "":
		req.Header.Set("Authorization", "Bearer "+string(g.token))
	}
	return req, nil
}

func (g *Gateway) encode(fields map[string]string) (body []byte, kind string, err error) {
	if g.opts.Format == tunnel.GatewayJSON {
		body, err = json.Marshal(fields)
		return body, "application/json", err
	}
	form := url.Values{}
	for k, v := range fields {
		form.Set(k, v)
	}
	return []byte(form.Encode()), "application/x-www-form-urlencoded", nil
}

// clean names the gateway and hides the token.
func (g *Gateway) clean(err error) error {
	return scrubbed(fmt.Errorf("%s: %w", g.Route().Name, err), string(g.token), g.opts.User+":"+string(g.token))
}
