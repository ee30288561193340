package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"jembatan/internal/notify/smtptest"
)

// mailserver starts a mail server for the script: its address is MAIL, its
// authority is mail-ca.pem, its login jembatan with the password of the script.
func mailserver(ts *testscript.TestScript, _ bool, _ []string) {
	s, err := smtptest.Start(smtptest.Options{StartTLS: true, User: "jembatan", Password: ts.Getenv("JEMBATAN_PASSWORD")})
	ts.Check(err)
	ts.Defer(func() {
		s.Close()
		for _, m := range s.Mails() {
			ts.Logf("mail from %s to %v:\n%s", m.From, m.To, m.Data)
		}
	})
	ts.Setenv("MAIL", s.Addr())
	ts.Check(os.WriteFile(ts.MkAbs("mail-ca.pem"), s.CA(), 0o600))
}

// gateway starts a gateway for the script: its address is GATEWAY, and what it is
// posted is in gateway.log.
func gateway(ts *testscript.TestScript, _ bool, _ []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	log := ts.MkAbs("gateway.log")
	server := &http.Server{ReadTimeout: time.Minute, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			fmt.Fprintf(f, "%s %s\n", r.Header.Get("Authorization"), body)
			f.Close()
		}
	})}
	go func() { _ = server.Serve(l) }()
	ts.Defer(func() { _ = server.Close() })
	ts.Setenv("GATEWAY", "http://"+l.Addr().String()+"/send")
}

// fill writes FILE anew with $NAME replaced by the script's variables.
func fill(ts *testscript.TestScript, _ bool, args []string) {
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}
