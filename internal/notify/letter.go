package notify

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"jembatan/tunnel"
)

// A Letter is an alert as mail.
type Letter struct{ Subject, Body string }

// Extra is what a Letter says beside the alert.
type Extra struct {
	Local *time.Location // nil for UTC alone
	// Repeated is how many like it were not sent, Lost how many others had to be
	// dropped before it.
	Repeated, Lost int
}

// Mail is the alert as mail: plain text, the facts one a line.
func Mail(a Alert, l tunnel.Language, x Extra) Letter {
	say := func(en, id string) string {
		if l == tunnel.Indonesian {
			return id
		}
		return en
	}
	w := wordsOf(a.Reason)
	var b strings.Builder
	fact := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-12s %s\n", name, line(value))
		}
	}
	fmt.Fprintf(&b, "%s: %s\n\n", severityWord(a.Severity, l), w.in(l))
	fact(say("Service", "Layanan"), a.Service)
	fact(say("Server", "Server"), a.Server)
	fact(say("Reason", "Alasan"), string(a.Reason))
	fact(say("Detail", "Rincian"), a.Detail)
	if !a.test() {
		fact(say("Phase", "Tahap"), a.Phase.String())
	}
	fact(say("Time", "Waktu"), a.At.UTC().Format("2006-01-02 15:04:05 UTC"))
	if x.Local == nil {
		x.Local = time.UTC
	}
	if local := a.At.In(x.Local); local.Format("-07:00") != "+00:00" {
		fact(say("Local time", "Waktu lokal"), local.Format("2006-01-02 15:04:05 MST (-07:00)"))
	}
	fact(say("Alert", "Nomor"), a.ID)
	if x.Repeated > 0 {
		b.WriteString("\n" + fmt.Sprintf(say("Said %d more times within five minutes.", "Terulang %d kali lagi dalam lima menit."), x.Repeated) + "\n")
	}
	if x.Lost > 0 {
		b.WriteString("\n" + fmt.Sprintf(say("Too many alerts were waiting: %d older ones were dropped.", "Terlalu banyak peringatan menunggu: %d yang lama dibuang."), x.Lost) + "\n")
	}
	return Letter{
		Subject: fmt.Sprintf("[jembatan] %s %s: %s", severityWord(a.Severity, l), subject(a), w.in(l)),
		Body:    b.String(),
	}
}

// line makes text from anywhere one line of printable characters.
func line(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(s, "?"))
	const most = 500
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strings.TrimSpace(s)
}
