package guard

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jembatan/tunnel/plan"
)

// TestScript shows the text of an entry.
func TestScript(t *testing.T) {
	texts, err := scripts([]plan.Inverse{
		{Menu: plan.MenuBridgePort, Op: plan.Remove, Where: map[string]string{"comment": "jembatan:lan/port.a", "interface": "a"}},
		{Menu: plan.MenuBridge, Op: plan.Set, Where: map[string]string{"comment": `jembatan:lan/bridge the "old" $one?`}, Want: map[string]string{"disabled": "no", "priority": "0x1000"}, Unset: []string{"admin-mac"}},
		{Menu: plan.MenuEoIP, Op: plan.Add, Where: map[string]string{"comment": "jembatan:lan/t"}, Want: map[string]string{"name": "t", "comment": "jembatan:lan/t"}, Unset: []string{"keepalive"}},
	}, func(int) string { return "jembatan-guard-x-1" }, "anna@mgmt[7]", maxScript)
	if err != nil {
		t.Fatal(err)
	}
	want := `:local bad 0
:do {/interface bridge port remove [find comment="jembatan:lan/port.a" interface="a"]} on-error={:set bad 1}
:do {/interface bridge set [find comment="jembatan:lan/bridge the \"old\" \$one\?"] disabled="no" priority="0x1000" !admin-mac} on-error={:set bad 1}
:do {:if ([:len [/interface eoip find comment="jembatan:lan/t"]] = 0) do={/interface eoip add comment="jembatan:lan/t" name="t" !keepalive}} on-error={:set bad 1}
:do {/system script remove [find where name="jembatan-lock" and comment~"^jembatan:lock/anna@mgmt\\[7\\] "]} on-error={}
:if ($bad = 0) do={:log warning "jembatan-guard-x-1 took a change back"; /system scheduler remove [find name="jembatan-guard-x-1"]} else={:log error "jembatan-guard-x-1 could not take all of a change back and will try again"}
`
	if d := cmp.Diff([]string{want}, texts); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestSplit keeps every entry below its size and every statement, in order.
func TestSplit(t *testing.T) {
	var inverse []plan.Inverse
	for i := range 500 {
		inverse = append(inverse, plan.Inverse{Menu: plan.MenuEoIP, Op: plan.Remove, Where: map[string]string{"comment": fmt.Sprintf("jembatan:lan/%d.", i)}})
	}
	const size = 4096
	texts, err := scripts(inverse, func(part int) string { return fmt.Sprintf("jembatan-guard-x-%d", part+1) }, "anna", size)
	if err != nil || len(texts) < 5 {
		t.Fatalf("%d texts, %v", len(texts), err)
	}
	all := strings.Join(texts, "")
	at := -1
	for i := range inverse {
		next := strings.Index(all, fmt.Sprintf("jembatan:lan/%d.", i))
		if next <= at {
			t.Fatalf("statement %d is missing or out of order", i)
		}
		at = next
	}
	for i, text := range texts {
		if len(text) > size {
			t.Errorf("entry %d has %d bytes", i, len(text))
		}
		if locks := strings.Contains(text, LockName); locks != (i == len(texts)-1) {
			t.Errorf("entry %d unlocks: %v", i, locks)
		}
	}
	if _, err := scripts(inverse, func(int) string { return "x" }, "anna", 300); err == nil {
		t.Error("a statement that does not fit was taken")
	}
}

// TestNote reads back what it writes, and knows what is not its own.
func TestNote(t *testing.T) {
	for _, confirm := range []bool{false, true} {
		n := Note{ID: "a1b2", Holder: "anna@mgmt[7]", Until: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), Part: 2, Parts: 3, Routers: 12, Confirm: confirm}
		got, ok := ParseNote(n.String())
		if d := cmp.Diff(n, got); !ok || d != "" {
			t.Errorf("%q (-want +got):\n%s", n.String(), d)
		}
	}
	if n, ok := ParseNote(Mark + "a1b2 edited by hand"); !ok || n.ID != "a1b2" {
		t.Errorf("%+v %v", n, ok)
	}
	for _, s := range []string{"", "jembatan:lan/bridge", "nightly backup"} {
		if _, ok := ParseNote(s); ok {
			t.Errorf("%q is taken for ours", s)
		}
	}
}

// TestJobs tells which kinds a job allows.
func TestJobs(t *testing.T) {
	plain := Job{Actions: 3}
	many := Job{Actions: maxActions + 1}
	secret := Job{Actions: 1, Inverse: []plan.Inverse{{Secret: true}}}
	own := Job{Actions: 1, OwnPath: []string{"ether1 carries 192.0.2.1"}}
	for _, c := range []struct {
		job  Job
		best []Kind
		not  []Kind
	}{
		{plain, []Kind{SafeMode, Scheduler}, nil},
		{many, []Kind{SafeMode, Scheduler}, []Kind{SafeMode}},
		{secret, []Kind{SafeMode, Scheduler}, []Kind{Scheduler}},
		{own, []Kind{Scheduler, SafeMode}, []Kind{Unguarded}},
	} {
		if d := cmp.Diff(c.best, c.job.Order()); d != "" {
			t.Errorf("%+v:\n%s", c.job, d)
		}
		var not []Kind
		for _, k := range []Kind{SafeMode, Scheduler, Unguarded} {
			if c.job.Cannot(k) != "" {
				not = append(not, k)
			}
		}
		if d := cmp.Diff(c.not, not); d != "" {
			t.Errorf("%+v:\n%s", c.job, d)
		}
	}
}
