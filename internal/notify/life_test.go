package notify

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"jembatan/failover"
	"jembatan/tunnel"
)

// A notebook is a Sender that writes into a file; numbers that begin with 9 are
// never taken.
type notebook string

func (n notebook) Send(_ context.Context, to string, m Message) error {
	if to[0] == '9' {
		return errors.New("away")
	}
	f, err := os.OpenFile(string(n), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString(to + " " + m.ID + "\n")
	return err
}

// TestKilled kills a process that has sent to one recipient and waits for the
// other; the next one sends to the other alone.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("NOTIFY_TEST_LIFE"); dir != "" {
		o, err := Open(Options{Dir: filepath.Join(dir, "box"), Channels: []Channel{channel([]string{"1", "9"}, Route{Name: "r", Sender: notebook(filepath.Join(dir, "sent"))})}})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{"a", "b", "c"} {
			o.Enqueue(alert(s, failover.ServerFailed))
		}
		_ = o.Run(t.Context()) // Until the parent kills it.
		return
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$")
	cmd.Env = append(os.Environ(), "NOTIFY_TEST_LIFE="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	settled := func() bool { // everything sent to the first is noted on disk
		files, _ := filepath.Glob(filepath.Join(dir, "box", "*"+fileSuffix))
		n := 0
		for _, f := range files {
			if body, err := os.ReadFile(f); err == nil && strings.Contains(string(body), `"delivered"`) {
				n++
			}
		}
		return n == 3
	}
	for deadline := time.Now().Add(20 * time.Second); !settled() && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond) // Another process writes.
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	p := &post{}
	o := start(t, Options{Dir: filepath.Join(dir, "box"), Channels: []Channel{channel([]string{"1", "9"}, Route{Name: "r", Sender: p})}})
	for deadline := time.Now().Add(10 * time.Second); o.Waiting() > 0 && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	sent, err := os.ReadFile(filepath.Join(dir, "sent"))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(sent), "1 "); n != 3 {
		t.Errorf("the first process sent %d:\n%s", n, sent)
	}
	got := p.all()
	for i, server := range []string{"a", "b", "c"} {
		if len(got) != 3 || !strings.HasPrefix(got[i], "9 CRITICAL erp/"+server+" ") {
			t.Fatalf("after the kill: %q", got)
		}
	}
}

// TestNoSecret looks for a planted secret in everything that an outbox leaves and
// tells while all its ways fail.
func TestNoSecret(t *testing.T) {
	var got posted
	gateway := NewGateway(tunnel.SMSGateway{URL: gatewayServer(t, 500, &got), ToField: "to", TextField: "text"}, planted)
	refused := NewGateway(tunnel.SMSGateway{URL: "http://127.0.0.1:1/", ToField: "to", TextField: "text", User: "u"}, planted)
	dir, out := t.TempDir(), &told{}
	o := start(t, Options{Dir: dir, Told: out.add, Channels: []Channel{channel([]string{"112"}, gateway.Route(), refused.Route())}})
	o.Enqueue(alert("main", failover.ServerFailed))
	for deadline := time.Now().Add(10 * time.Second); len(out.lines()) < 4 && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	texts := map[string]string{"outcomes": strings.Join(out.lines(), "\n")}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, f := range files {
		body, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		texts[f] = string(body)
	}
	if len(out.lines()) < 4 || len(files) < 2 {
		t.Fatalf("too little to look at: %v", texts)
	}
	for where, text := range texts {
		if strings.Contains(text, planted) {
			t.Errorf("%s: %s", where, text)
		}
	}
}

// TestRunEnds: a route that hangs does not hold up the end, and nobody is left.
func TestRunEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, err := Open(Options{Channels: []Channel{channel([]string{"1"}, Route{Name: "r", Sender: &post{hang: true}})}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- o.Run(ctx) }()
		o.Enqueue(alert("main", failover.ServerFailed))
		synctest.Wait()
		began := time.Now()
		cancel()
		if err := <-done; err != nil || time.Since(began) != 0 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}
