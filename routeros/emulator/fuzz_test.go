package emulator

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"jembatan/routeros/proto"
)

// login is a login in front of what a fuzzer says.
func loginBytes() []byte {
	var s proto.Sentence
	s.Append("/login")
	s.Append("=name=admin")
	s.Append("=password=")
	return s.AppendTo(nil)
}

func sentenceBytes(words ...string) []byte {
	var s proto.Sentence
	for _, w := range words {
		s.Append(w)
	}
	return s.AppendTo(nil)
}

// FuzzSession sends a hostile client's bytes to a device, before and after
// login. The device must end the session when the client is gone, and must
// still answer somebody else.
func FuzzSession(f *testing.F) {
	f.Add(false, []byte{0xFF})
	f.Add(true, sentenceBytes("/interface/print", "?type=ether", "?#!&|.0"))
	f.Add(true, sentenceBytes("/interface/bridge/add", "=name=x", ".tag=1"))
	f.Add(true, append(sentenceBytes("/interface/listen", ".tag=1"), sentenceBytes("/cancel")...))
	f.Add(true, sentenceBytes("/ip/firewall/nat/add", "=chain=x", "=place-before=*1", "=copy-from=*2"))
	f.Add(true, sentenceBytes("/interface/eoip/add", "=remote-address=1.1.1.1", "=tunnel-id=1", "=keepalive=7101w3d6h28m15s,4294967295"))
	f.Add(true, sentenceBytes("/ip/ipsec/policy/move", "=numbers=*FFFFFFFE", "=destination=*0"))
	f.Fuzz(func(t *testing.T, logged bool, data []byte) {
		w := NewWorld()
		defer w.Close()
		d, err := w.Add(Config{Name: "a", Version: "7.24", Addresses: []Address{{"198.51.100.1/24", "ether1"}}})
		if err != nil {
			t.Fatal(err)
		}
		near, far := net.Pipe()
		done := make(chan struct{})
		go func() { d.ServeConn(far); close(done) }()
		go func() { _, _ = io.Copy(io.Discard, near) }()
		_ = near.SetWriteDeadline(time.Now().Add(10 * time.Second))
		if logged {
			_, _ = near.Write(loginBytes())
		}
		_, _ = near.Write(data)
		_ = near.Close()
		<-done
		if _, err := d.Do("/interface/print"); err != nil {
			t.Errorf("the device no longer answers: %v", err)
		}
		if s := d.Export(); s == "" {
			t.Error("empty export")
		}
	})
}

// FuzzCommand runs a command made of words, as Do does, over a device that has
// something of everything. Whatever it does, undo must take back.
func FuzzCommand(f *testing.F) {
	f.Add("/interface/eoip/set", "=.id=t1\n=tunnel-id=9")
	f.Add("/interface/bridge/remove", "=.id=br1")
	f.Add("/ip/firewall/nat/move", "=numbers=*1,*2\n=destination=*2")
	f.Add("/interface/set", "=.id=t1,br1\n=name=x")
	f.Add("/ip/firewall/nat/add", "=chain=x\n=place-before=*2\n=copy-from=*1")
	f.Add("/interface/bonding/set", "=.id=bond1\n=slaves=ether2")
	f.Add("/certificate/add", "=name=c")
	f.Fuzz(func(t *testing.T, path, words string) {
		w := NewWorld()
		defer w.Close()
		d, err := w.Add(Config{Name: "a", Version: "7.22.3", Addresses: []Address{{"198.51.100.1/24", "ether1"}}})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(path, "ping") || strings.HasSuffix(path, "do") {
			return // Takes its time, or is the inverse itself.
		}
		for _, c := range [][]string{
			{"/interface/eoip/add", "=name=t1", "=remote-address=1.1.1.1", "=tunnel-id=1", "=ipsec-secret=x", "=allow-fast-path=no"},
			{"/interface/bridge/add", "=name=br1"},
			{"/interface/bonding/add", "=name=bond1", "=slaves=ether4,ether5"},
			{"/interface/bridge/port/add", "=bridge=br1", "=interface=t1"},
			{"/ip/firewall/nat/add", "=chain=dstnat"},
			{"/ip/firewall/nat/add", "=chain=srcnat", "=comment=x"},
			{"/interface/vrrp/add", "=interface=br1"},
		} {
			if _, err := d.Do(c[0], c[1:]...); err != nil {
				t.Fatal(err)
			}
		}
		before := d.Export()
		actions := len(d.history)
		if _, err := d.Do(path, strings.Split(words, "\n")...); err != nil && len(d.history) == actions {
			if after := d.Export(); after != before {
				t.Errorf("%s %q was refused and changed:\n%s\nto:\n%s", path, words, before, after)
			}
		}
		for range len(d.history) - actions {
			if _, err := d.Do("/undo"); err != nil {
				t.Fatal(err)
			}
		}
		if after := d.Export(); after != before {
			t.Errorf("undo of %s %q left:\n%s\nwas:\n%s", path, words, after, before)
		}
	})
}

// FuzzQuery evaluates hostile queries within bounds.
func FuzzQuery(f *testing.F) {
	f.Add("type=ether\n#!")
	f.Add(">name=x\n<name=y\n#|0")
	f.Add("#" + strings.Repeat("0.", 1000))
	f.Add("-comment\n#99999999999999999999&")
	f.Fuzz(func(t *testing.T, words string) {
		queries, err := parseQueries(strings.Split(words, "\n"))
		if err != nil {
			return
		}
		row := map[string]string{"name": "ether1", "type": "ether", "mtu": "1500"}
		get := func(name string) (string, bool) { v, ok := row[name]; return v, ok }
		first := evaluate(queries, get)
		if again := evaluate(queries, get); again != first {
			t.Error("two answers to one question")
		}
	})
}

// FuzzDuration: what is printed is read back as the same.
func FuzzDuration(f *testing.F) {
	for _, s := range []string{"1w2d3h4m5s", "00:00:10", "100ms", "14ms612us", "10", "1.5s", "7101w3d6h28m15s", "x", "1d00:00:00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, ok := parseDuration(s)
		if !ok {
			return
		}
		if d < 0 {
			t.Fatalf("%q is negative: %s", s, d)
		}
		back, ok := parseDuration(formatDuration(d))
		if !ok || back != d {
			t.Errorf("%q = %s, printed %s, read back %s %v", s, d, formatDuration(d), back, ok)
		}
	})
}

// FuzzRequest takes sentences apart without losing an argument.
func FuzzRequest(f *testing.F) {
	f.Add(sentenceBytes("/interface/print", "=.proplist=name", "?a=b", ".tag=1", "=!keepalive="))
	f.Fuzz(func(t *testing.T, data []byte) {
		var s proto.Sentence
		if proto.NewReader(bytes.NewReader(data), proto.Limits{}).Read(&s) != nil {
			return
		}
		r := parseRequest(&s)
		if len(r.args)+len(r.queries) > s.Len() {
			t.Errorf("%d arguments and %d queries out of %d words", len(r.args), len(r.queries), s.Len())
		}
	})
}
