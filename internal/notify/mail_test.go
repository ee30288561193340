package notify

import (
	"context"
	"errors"
	"io"
	"net/mail"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/failover"
	"jembatan/internal/notify/smtptest"
	"jembatan/routeros"
	"jembatan/tunnel"
)

const planted = "hunter2-planted"

func serveMail(t *testing.T, opts smtptest.Options) *smtptest.Server {
	t.Helper()
	s, err := smtptest.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func mailer(t *testing.T, s *smtptest.Server, kind tunnel.MailTLS, user string, password routeros.Secret) *Mailer {
	t.Helper()
	m, err := NewMailer(MailOptions{Server: s.Addr(), TLS: kind, Roots: s.Roots(), User: user, Password: password, From: "jembatan@example.net"})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func testMessage() Message {
	at := time.Date(2026, 11, 22, 10, 56, 1, 0, time.UTC)
	a := FromAction(failover.Action{Kind: failover.Alert, Service: "erp", Server: "main", Reason: failover.ServerFailed}, at)
	return (&Options{Local: time.FixedZone("WIB", 7*3600)}).message(a, Extra{})
}

// TestMailArrives reads what a mail server gets, for each way of encryption.
func TestMailArrives(t *testing.T) {
	for _, c := range []struct {
		kind tunnel.MailTLS
		opts smtptest.Options
	}{
		{tunnel.MailStartTLS, smtptest.Options{StartTLS: true, User: "jembatan", Password: planted}},
		{tunnel.MailImplicitTLS, smtptest.Options{TLS: true, User: "jembatan", Password: planted}},
		{tunnel.MailPlain, smtptest.Options{}},
	} {
		t.Run(c.kind.String(), func(t *testing.T) {
			s := serveMail(t, c.opts)
			m := testMessage()
			for range 2 { // The second is a repetition after a lost answer.
				if err := mailer(t, s, c.kind, c.opts.User, planted).Send(t.Context(), "noc@example.net", m); err != nil {
					t.Fatal(err)
				}
			}
			all := s.Mails()
			if len(all) != 2 {
				t.Fatalf("%d mails", len(all))
			}
			got := all[0]
			if got.From != "jembatan@example.net" || got.To[0] != "noc@example.net" || got.User != c.opts.User || got.TLS != (c.kind != tunnel.MailPlain) {
				t.Errorf("envelope %+v", got)
			}
			if d := cmp.Diff(got.Data, all[1].Data); d != "" {
				t.Errorf("sent again it is another:\n%s", d)
			}
			msg, err := mail.ReadMessage(strings.NewReader(got.Data))
			if err != nil {
				t.Fatal(err)
			}
			for name, want := range map[string]string{
				"Message-ID": "<" + m.ID + ".jembatan@example.net>", "Subject": "[jembatan] CRITICAL erp/main: the server has failed",
				"Date": "Sun, 22 Nov 2026 10:56:01 +0000", "To": "<noc@example.net>", "Auto-Submitted": "auto-generated", "Importance": "high",
			} {
				if got := msg.Header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			body, _ := io.ReadAll(msg.Body)
			for _, want := range []string{"Service      erp\n", "2026-11-22 10:56:01 UTC", "2026-11-22 17:56:01 WIB (+07:00)"} {
				if !strings.Contains(strings.ReplaceAll(string(body), "\r", ""), want) {
					t.Errorf("no %q in:\n%s", want, body)
				}
			}
		})
	}
}

func TestMailRefusals(t *testing.T) {
	for _, c := range []struct {
		name, answer string
		command      string
		final        bool
	}{
		{"no such user", "550 5.1.1 no such user", "RCPT", true},
		{"greylisted", "451 4.7.1 come back later", "RCPT", false},
		{"text refused", "554 5.7.1 looks like spam", ".", true},
		{"sender refused", "550 5.7.1 not from here", "MAIL", false}, // The configuration may be put right.
		{"full", "452 4.3.1 disk full", ".", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serveMail(t, smtptest.Options{StartTLS: true, Answer: func(command, _ string) string {
				if command == c.command {
					return c.answer
				}
				return ""
			}})
			err := mailer(t, s, tunnel.MailStartTLS, "", "").Send(t.Context(), "noc@example.net", testMessage())
			_, final := errors.AsType[*RefusedError](err)
			if err == nil || final != c.final || !strings.Contains(err.Error(), c.answer[4:]) || !strings.Contains(err.Error(), s.Addr()) {
				t.Errorf("final %v: %v", final, err)
			}
		})
	}
}

// TestMailIsCareful: no login and no message without the encryption that was
// asked for, and no password in an error, whatever the server answers.
func TestMailIsCareful(t *testing.T) {
	plain := serveMail(t, smtptest.Options{User: "jembatan", Password: "other"})
	wrong := serveMail(t, smtptest.Options{StartTLS: true, User: "jembatan", Password: "other"})
	for name, m := range map[string]*Mailer{
		"no STARTTLS there":       mailer(t, plain, tunnel.MailStartTLS, "jembatan", planted),
		"login in clear":          mailer(t, plain, tunnel.MailPlain, "jembatan", planted),
		"wrong password, echoed":  mailer(t, wrong, tunnel.MailStartTLS, "jembatan", planted),
		"TLS to who speaks plain": mailer(t, plain, tunnel.MailImplicitTLS, "jembatan", planted),
	} {
		err := m.Send(t.Context(), "noc@example.net", testMessage())
		if err == nil {
			t.Errorf("%s: sent", name)
			continue
		}
		if text := err.Error(); strings.Contains(text, planted) || strings.Contains(text, "AGplbWJhdGFu") {
			t.Errorf("%s: the password is in: %s", name, text)
		}
	}
	stranger, _ := NewMailer(MailOptions{Server: wrong.Addr(), TLS: tunnel.MailStartTLS, From: "a@b"})
	if err := stranger.Send(t.Context(), "noc@example.net", testMessage()); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown certificate: %v", err)
	}
}

// TestMailComesBack: a server that is down, then greylists, then takes it. The
// other recipient is refused and nobody waits for him.
func TestMailComesBack(t *testing.T) {
	var grey atomic.Int32
	opts := smtptest.Options{StartTLS: true, User: "jembatan", Password: planted, Answer: func(command, arg string) string {
		switch {
		case command == "RCPT" && strings.Contains(arg, "gone@"):
			return "550 5.1.1 gone"
		case command == "RCPT" && grey.Add(1) == 1:
			return "451 4.7.1 come back later"
		}
		return ""
	}}
	first := serveMail(t, opts)
	opts.Addr = first.Addr()
	first.Close()
	m, err := NewMailer(MailOptions{Server: opts.Addr, TLS: tunnel.MailPlain, From: "a@example.net"})
	if err != nil {
		t.Fatal(err)
	}
	out := &told{}
	arrived := make(chan struct{})
	box := start(t, Options{Dir: t.TempDir(), Told: func(x Outcome) {
		out.add(x)
		if x.State == Delivered {
			close(arrived)
		}
	}, Channels: []Channel{{Name: "mail", To: []string{"noc@example.net", "gone@example.net"}, Routes: []Route{{Name: "smtp", Sender: m}}}}})
	box.Enqueue(alert("main", failover.ServerFailed))
	time.Sleep(200 * time.Millisecond) // A real network; the first try meets nobody.
	opts.StartTLS, opts.User = false, ""
	second := serveMail(t, opts)
	select {
	case <-arrived:
	case <-time.After(20 * time.Second):
		t.Fatalf("not delivered: %q", out.lines())
	}
	time.Sleep(100 * time.Millisecond)
	text := strings.Join(out.lines(), "\n")
	for _, want := range []string{"connection refused", "come back later", "refused gone@example.net"} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing says %q:\n%s", want, text)
		}
	}
	if n := len(second.Mails()); n != 1 {
		t.Errorf("%d mails", n)
	}
}

// TestMailIsBounded: a server that says nothing.
func TestMailIsBounded(t *testing.T) {
	stuck := make(chan struct{})
	s := serveMail(t, smtptest.Options{Answer: func(string, string) string { <-stuck; return "" }})
	defer close(stuck)
	ctx, cancel := context.WithTimeoutCause(t.Context(), 100*time.Millisecond, errSlow)
	defer cancel()
	began := time.Now()
	err := mailer(t, s, tunnel.MailPlain, "", "").Send(ctx, "a@b", testMessage())
	if err == nil || time.Since(began) > 5*time.Second {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
}
