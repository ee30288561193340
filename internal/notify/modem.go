package notify

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"jembatan/routeros"
)

// Modems send text messages by the modems of routers. Make it with NewModems.
type Modems struct {
	connect func(ctx context.Context, router string) (routeros.Caller, error)

	mu    sync.Mutex               // guards turns
	turns map[string]chan struct{} // by router, each of one place
}

// NewModems returns Modems that reach routers by connect. The sessions stay
// connect's; a call may take a minute.
func NewModems(connect func(ctx context.Context, router string) (routeros.Caller, error)) *Modems {
	return &Modems{connect: connect, turns: map[string]chan struct{}{}}
}

// smsLimit is how long a router may take over one message: two seconds for the
// first AT exchange, up to a minute in all (MikroTik manual, SMS).
const smsLimit = time.Minute

// errBusy is the cause of a modem that others used all the time.
var errBusy = errors.New("its modem is busy")

// Route is the way over a modem. One message at a time goes to a router: the
// modem is held while it sends.
func (m *Modems) Route(router, port, site string) Route {
	return Route{Name: router + "/" + port, Site: site, Limit: 2 * smsLimit, Sender: &modem{m, router, port}}
}

type modem struct {
	modems       *Modems
	router, port string
}

// Send implements Sender: one text message to one number.
func (s *modem) Send(ctx context.Context, to string, m Message) error {
	done, err := s.modems.turn(ctx, s.router)
	if err != nil {
		return fmt.Errorf("%s: %w", s.router, err)
	}
	defer done()
	ctx, cancel := context.WithTimeoutCause(ctx, smsLimit, errSlow)
	defer cancel()
	c, err := s.modems.connect(ctx, s.router)
	if err != nil {
		return fmt.Errorf("%s: %w", s.router, err)
	}
	_, err = routeros.Command(ctx, c, "/tool/sms/send", routeros.FieldsOf("port", s.port, "phone-number", to, "message", m.Short))
	if err != nil {
		return fmt.Errorf("%s: %w", s.router, err)
	}
	return nil
}

// turn waits for the router's modem, no longer than it may take others.
func (m *Modems) turn(ctx context.Context, router string) (done func(), err error) {
	m.mu.Lock()
	place := m.turns[router]
	if place == nil {
		place = make(chan struct{}, 1)
		m.turns[router] = place
	}
	m.mu.Unlock()
	ctx, cancel := context.WithTimeoutCause(ctx, smsLimit, errBusy)
	defer cancel()
	select {
	case place <- struct{}{}:
		return func() { <-place }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
