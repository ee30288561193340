package app

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"jembatan/internal/config"
	"jembatan/internal/notify"
	"jembatan/routeros"
	"jembatan/tunnel"
)

// AlertsDir is where alerts wait until they are delivered.
func AlertsDir(s config.Settings, env Lookup) string {
	return filepath.Join(filepath.Dir(StateDir(s.StateDir, env)), "alerts")
}

// Outbox opens the outbox of the topology's alerts, in AlertsDir; of a topology
// without alerts it keeps nothing. The modems of routers are reached by the
// app's fleet: end Run before Close of the App. told is handed every outcome.
func (a *App) Outbox(told func(notify.Outcome)) (*notify.Outbox, error) {
	opts, err := a.alertOptions()
	if err != nil {
		return nil, err
	}
	opts.Told = told
	if len(opts.Channels) > 0 {
		opts.Dir = AlertsDir(a.settings, a.env)
	}
	return notify.Open(opts)
}

// CheckAlerts reports what is missing for the topology's alerts.
func (a *App) CheckAlerts() error {
	_, err := a.alertOptions()
	return err
}

// alertOptions resolves the topology's alerts. Every secret that is missing is in
// the error.
func (a *App) alertOptions() (notify.Options, error) {
	in := a.Topology.Alerts
	if in == nil {
		return notify.Options{}, nil
	}
	opts := notify.Options{Language: in.Language, Local: time.Local, Sites: a.sites()}
	if in.Heartbeat != "" {
		cron, err := tunnel.ParseCron(in.Heartbeat)
		if err != nil {
			return opts, fmt.Errorf("heartbeat of alerts: %w", err)
		}
		opts.Due = cron.Match
	}
	var errs []error
	if in.Mail != nil {
		c, err := a.mailChannel(in.Mail)
		opts.Channels, errs = append(opts.Channels, c), append(errs, err)
	}
	if len(in.SMS.Routes) > 0 {
		c, err := a.smsChannel(&in.SMS)
		opts.Channels, errs = append(opts.Channels, c), append(errs, err)
	}
	return opts, errors.Join(errs...)
}

// sites says where every server stands: at the site of its router.
func (a *App) sites() map[notify.ServerName]string {
	out := map[notify.ServerName]string{}
	for _, s := range a.Topology.Services {
		for _, server := range s.Servers {
			out[notify.ServerName{Service: s.Name, Server: server.Name}] = a.siteOf(server.Router)
		}
	}
	return out
}

// siteOf is the router's site; one that has none is a site by itself.
func (a *App) siteOf(router string) string {
	if r, ok := a.Topology.Router(router); ok && r.Site != "" {
		return r.Site
	}
	return router
}

func (a *App) mailChannel(m *tunnel.AlertMail) (notify.Channel, error) {
	out := notify.Channel{Name: "mail", Least: m.Least, To: m.To}
	password, err := a.password(m.Password)
	if err != nil {
		return out, fmt.Errorf("password of the mail server's user %q: %w", m.User, err)
	}
	roots, err := rootsOf(m.CAFile)
	if err != nil {
		return out, err
	}
	if m.TLS == tunnel.MailPlain {
		a.log.Warn().Str("server", m.Server).Msg("tls: off sends alerts to the mail server in clear")
	}
	mailer, err := notify.NewMailer(notify.MailOptions{
		Server: m.Server, TLS: m.TLS, Roots: roots, User: m.User, Password: password, From: m.From,
	})
	if err != nil {
		return out, err
	}
	out.Routes = []notify.Route{{Name: m.Server, Sender: mailer}}
	return out, nil
}

// rootsOf reads a certificate authority; nil stands for the system's roots.
func rootsOf(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil //nolint:nilnil // The system's roots.
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("certificate authority %s: no certificate in it", file)
	}
	return pool, nil
}

func (a *App) smsChannel(s *tunnel.AlertSMS) (notify.Channel, error) {
	out := notify.Channel{Name: "sms", Least: s.Least, To: s.To}
	// Not connect: a message may take longer than a call of it.
	modems := notify.NewModems(func(ctx context.Context, router string) (routeros.Caller, error) { return a.fleet.Session(ctx, router) })
	var errs []error
	for _, r := range s.Routes {
		if m := r.Modem; m != nil {
			out.Routes = append(out.Routes, modems.Route(m.Router, m.Port, a.siteOf(m.Router)))
			continue
		}
		token, err := a.password(r.Gateway.Token)
		if err != nil {
			errs = append(errs, fmt.Errorf("token of the gateway %s: %w", r.Gateway.URL, err))
		}
		gateway := *r.Gateway
		gateway.Fields = maps.Clone(gateway.Fields)
		if strings.HasPrefix(gateway.URL, "http:") {
			a.log.Warn().Str("gateway", gateway.URL).Msg("http sends alerts and the token to the gateway in clear")
		}
		out.Routes = append(out.Routes, notify.NewGateway(gateway, token).Route())
	}
	return out, errors.Join(errs...)
}

// An AlertTest is what came of a test message over one route to one recipient.
type AlertTest struct {
	Channel string        `json:"channel"`
	Route   string        `json:"route"`
	To      string        `json:"to"`
	OK      bool          `json:"ok"`
	Took    time.Duration `json:"took"`
	Error   string        `json:"error,omitempty"`
}

// ErrNoAlerts is a topology that tells nobody.
var ErrNoAlerts = errors.New("the topology has no alerts")

// TestAlerts sends a test message over every route to every recipient, once, all
// at the same time but for what a modem sends. Nothing of it is repeated or kept.
func (a *App) TestAlerts(ctx context.Context) ([]AlertTest, error) {
	if a.Topology.Alerts == nil {
		return nil, ErrNoAlerts
	}
	opts, err := a.alertOptions()
	if err != nil {
		return nil, err
	}
	m := opts.Message(notify.NewTest(notify.Test, time.Now()))
	var tests []AlertTest
	var try []func() error
	for _, c := range opts.Channels {
		for _, r := range c.Routes {
			for _, to := range c.To {
				tests = append(tests, AlertTest{Channel: c.Name, Route: r.Name, To: to})
				try = append(try, func() error { return r.Try(ctx, to, m) })
			}
		}
	}
	var wg sync.WaitGroup
	for i := range tests {
		wg.Go(func() {
			began := time.Now()
			err := try[i]()
			tests[i].OK, tests[i].Took = err == nil, time.Since(began)
			if err != nil {
				tests[i].Error = err.Error()
			}
		})
	}
	wg.Wait()
	return tests, nil
}
