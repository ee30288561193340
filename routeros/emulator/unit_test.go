package emulator

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParseVersion(t *testing.T) {
	for _, s := range []string{"6.49", "6.49.10", "7.1", "7.16.1", "7.17", "7.24", "7.24.4"} {
		v, err := ParseVersion(s)
		if err != nil || v.String() != s {
			t.Errorf("%s: %v %v", s, v, err)
		}
	}
	for _, s := range []string{"", "7", "6.48.6", "6.50", "7.25", "8.1", "7.x", "7.16.1.2", "-7.1"} {
		if v, err := ParseVersion(s); err == nil {
			t.Errorf("%q: %v, want an error", s, v)
		}
	}
	if v, _ := ParseVersion("7.16.1"); !v.AtLeast(7, 16) || v.AtLeast(7, 17) || !v.AtLeast(6, 49) {
		t.Error("AtLeast is wrong")
	}
}

func TestDurations(t *testing.T) {
	for in, want := range map[string]string{
		"1w2d3h4m5s": "1w2d3h4m5s", "00:00:10": "10s", "10": "10s", "100ms": "100ms", "14ms612us": "14ms612us", "0": "0s",
		"90s": "1m30s", "7101w3d6h28m15s": "7101w3d6h28m15s", "1.5s": "1s500ms", "01:02:03": "1h2m3s",
	} {
		d, ok := parseDuration(in)
		if !ok || formatDuration(d) != want {
			t.Errorf("%s: %s %v, want %s", in, formatDuration(d), ok, want)
		}
	}
	for _, in := range []string{"", "x", "1x", "s", "7101w3d6h28m16s", "00:60:00", "1:2", "-1s"} {
		if d, ok := parseDuration(in); ok {
			t.Errorf("%q: %s, want a refusal", in, d)
		}
	}
}

// The manual's vector: empty password.
func TestChallengeResponse(t *testing.T) {
	challenge := []byte{0x93, 0xb4, 0x38, 0xec, 0x9b, 0x80, 0x05, 0x7c, 0x06, 0xdd, 0x9f, 0xe6, 0x7d, 0x56, 0xaa, 0x9a}
	if got := challengeResponse("", challenge); got != "00e134102a9d330dd7b1849fedfea3cb57" {
		t.Error(got)
	}
}

func TestQueryOperations(t *testing.T) {
	row := map[string]string{"a": "1", "b": "2", "n": "10"}
	get := func(name string) (string, bool) { v, ok := row[name]; return v, ok }
	for words, want := range map[string]bool{
		"": true, "a": true, "c": false, "-c": true, "-a": false, "a=1": true, "=a=1": true, "a=2": false,
		">n=9": true, "<n=9": false, ">c=": false,
		"a=1 b=9":         false,
		"a=1 b=9 #|":      true,
		"a=1 b=9 #&":      false,
		"a=1 b=9 #!":      true,
		"a=1 b=2 #&!":     false,
		"a=9 b=9 #!":      false,
		"a=9 b=9 #|!":     true,
		"a=9 b=2 #1":      false, // The stack becomes the value at index 1.
		"a=9 b=2 #0":      true,
		"a=9 b=2 #1.":     false,
		"a=1 #.&":         true,
		"a=9 b=2 #!1!&|!": true,
	} {
		var ws []string
		if words != "" {
			ws = strings.Fields(words)
		}
		q, err := parseQueries(ws)
		if err != nil {
			t.Errorf("%s: %v", words, err)
			continue
		}
		if got := evaluate(q, get); got != want {
			t.Errorf("%s: %v, want %v", words, got, want)
		}
	}
}

// Hearing counts signals by arithmetic; counting them one by one must agree.
func TestHearingAgreesWithCounting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		origin := time.Unix(1000, 0)
		now := origin
		var h hearing
		var from time.Time
		var period time.Duration
		var last time.Time
		var count uint64
		heardUpTo := origin.Add(-1)
		catchUp := func() {
			if period > 0 {
				for at := from; !at.After(now); at = at.Add(period) {
					if at.After(heardUpTo) {
						count, last = count+1, at
					}
				}
			}
			heardUpTo = now
		}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 50).Draw(t, "wait")) * time.Second)
			catchUp()
			if rapid.Bool().Draw(t, "tune") {
				newPeriod := time.Duration(rapid.IntRange(0, 7).Draw(t, "period")) * time.Second
				newFrom := now.Add(-time.Duration(rapid.IntRange(0, 20).Draw(t, "phase")) * time.Second)
				h.tune(now, newFrom, newPeriod)
				if newPeriod == 0 && period == 0 || newPeriod == period && newFrom.Equal(from) {
					continue
				}
				from, period = newFrom, newPeriod
				if period > 0 {
					heardUpTo = now.Add(-1) // A signal of this very moment is heard.
					catchUp()
				}
			}
			h.fold(now)
			if h.count != count || !h.last.Equal(last) {
				t.Fatalf("count %d last %s, want %d %s", h.count, h.last, count, last)
			}
			timeout := time.Duration(rapid.IntRange(1, 20).Draw(t, "timeout")) * time.Second
			if at, ok := h.change(now, timeout); ok && at.Before(now) {
				t.Fatalf("the next change lies behind: %s < %s", at, now)
			}
		}
	})
}

func TestTrapsFromDo(t *testing.T) {
	w := NewWorld()
	defer w.Close()
	d, err := w.Add(Config{Name: "a", Version: "6.49.10"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.Do("/interface/flurble/print")
	var trap *TrapError
	if !errors.As(err, &trap) {
		t.Fatalf("%v is no trap", err)
	}
	if diff := cmp.Diff(&TrapError{Category: 0, Message: "no such command or directory (flurble)"}, trap); diff != "" {
		t.Error(diff)
	}
	if _, err := w.Add(Config{Name: "a"}); err == nil {
		t.Error("a second device of the same name")
	}
	if _, err := w.Add(Config{Name: "b", Addresses: []Address{{"x", "ether1"}}}); err == nil {
		t.Error("an address that is none")
	}
	if w.Device("b") != nil {
		t.Error("a device that failed is there")
	}
	w.Close()
	if _, err := w.Add(Config{Name: "c"}); !errors.Is(err, ErrClosed) {
		t.Errorf("closed world: %v", err)
	}
}

// Every default must be a value that the property takes, in the form in which
// it is stored, in every release; so must every default row.
func TestTablesAreConsistent(t *testing.T) {
	for _, v := range Versions() {
		w := NewWorld()
		d, err := w.Add(Config{Name: "a", Version: v.String()})
		if err != nil {
			t.Fatal(err)
		}
		for path, m := range d.schema.menus {
			seen := map[string]bool{}
			for _, x := range m.props {
				if seen[x.name] {
					t.Errorf("%s %s: %s is there twice", v, path, x.name)
				}
				seen[x.name] = true
				def, ok := x.defaultAt(m.release)
				if !ok || x.readOnly {
					continue
				}
				got, err := x.kind.parse(arg{d: d, name: x.name}, def)
				if err != nil || got != def {
					t.Errorf("%s %s %s: default %q is stored as %q: %v", v, path, x.name, def, got, err)
				}
			}
			for _, r := range m.stock.rows {
				for _, c := range r.cells {
					if c.p.readOnly || c.p.kind.ref != nil {
						continue
					}
					if got, err := c.p.kind.parse(arg{d: d, name: c.p.name}, c.v); err != nil || got != c.v {
						t.Errorf("%s %s %s: default row has %q, stored as %q: %v", v, path, c.p.name, c.v, got, err)
					}
				}
			}
		}
		w.Close()
	}
}

// Past a hundred actions safe mode ends silently and takes nothing back.
func TestSafeModeForgetsAfterAHundredActions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := NewWorld()
		defer w.Close()
		d, err := w.Add(Config{Name: "a", Version: "7.20.8"})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{historyDepth, historyDepth + 1} {
			c := talk(t, d)
			before := d.Export()
			c.ask("/safe-mode/take")
			for i := range n {
				c.ask("/interface/list/add", fmt.Sprintf("=name=l%d-%d", n, i))
			}
			_ = c.conn.Close()
			advance(3 * time.Second)
			if undone := d.Export() == before; undone != (n == historyDepth) {
				t.Errorf("%d actions: undone %v", n, undone)
			}
		}
	})
}

// Ten thousand devices must fit: what they have in common is shared.
func TestDeviceIsCheap(t *testing.T) {
	w := NewWorld()
	defer w.Close()
	add := func(from, n int) {
		for i := range n {
			a := netip.AddrFrom4([4]byte{10, byte((from + i) >> 8), byte(from + i), 1})
			if _, err := w.Add(Config{Name: fmt.Sprint("r", from+i), Addresses: []Address{{a.String() + "/24", "ether1"}}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	add(0, 10) // The tables of the release.
	before := heap()
	const n = 1000
	add(10, n)
	if each := (heap() - before) / n; each > 8<<10 {
		t.Errorf("a device takes %d bytes of heap", each)
	}
}
