package failover_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"jembatan/failover"
	"jembatan/health"
)

// A sight is what three vantages see of one server: 'o' answers, 'x' does not,
// '-' the vantage is silent. In order: the controller, a router away from it, a
// router that serves users.
type sight string

// judge asks a real Detector, with one miss and one rise, what it makes of a
// sight. The failures come first, so that an answer contradicts them.
func judge(t *testing.T, s sight) failover.VerdictChanged {
	t.Helper()
	names := []string{"controller", "away", "users"}
	d, err := health.New(health.Config{
		Servers: []string{"x"}, Probes: []health.Probe{{Name: "icmp", Layer: health.Host}}, Misses: 1, Rises: 1, QuorumAlone: true,
		Vantages: []health.Vantage{
			{Name: names[0], Kind: health.Controller},
			{Name: names[1], Kind: health.Router},
			{Name: names[2], Kind: health.Router, Users: true},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var last health.Change
	for i, want := range "xo" {
		for j, c := range s {
			if c != want {
				continue
			}
			at := dawn.Add(time.Duration(i+1) * 100 * time.Millisecond)
			for _, ch := range d.Observe(health.Sample{Server: "x", Probe: "icmp", Vantage: names[j], At: at, OK: c == 'o', Reason: health.Timeout}) {
				last = ch
			}
		}
	}
	return failover.VerdictOf(last)
}

// sights returns all 27.
func sights() []sight {
	var out []sight
	for _, a := range "ox-" {
		for _, b := range "ox-" {
			for _, c := range "ox-" {
				out = append(out, sight([]rune{a, b, c}))
			}
		}
	}
	return out
}

// A node is a reachable world and how it was reached.
type node struct {
	w      *world
	sights [3]sight
	path   []string
}

// key is what tells worlds apart; times count only by what they make due.
func (n node) key() string {
	st := n.w.m.State()
	var b strings.Builder
	fmt.Fprintf(&b, "%d%s%s%s%v%d", st.Phase, st.Reason, st.Active, st.Writable, n.w.held, len(st.Moves))
	for i, name := range n.w.c.Servers {
		s, r := n.w.servers[name], n.w.repl[name]
		fmt.Fprintf(&b, "|%s%v%v%v%v%d%v", n.sights[i], s.reachable, s.open, s.blocked, s.killed, r.Sync, n.w.drained[name])
	}
	if mv := st.Move; mv != nil {
		fmt.Fprintf(&b, "|%d%s%s%s%d%v", mv.Kind, mv.From, mv.To, mv.Fence, mv.Step, n.w.now.Sub(mv.Stepped))
		for _, f := range []bool{mv.Blocked, mv.Killed, mv.ReadOnly, mv.Drained, mv.Opened, mv.Unblocked, mv.Rewritten, mv.Cut, mv.Verified} {
			fmt.Fprintf(&b, "%t", f)
		}
	}
	for _, p := range n.w.pending() {
		fmt.Fprintf(&b, "|%d%s", p.Kind, p.Server)
	}
	fmt.Fprintf(&b, "|%v%v%v", st.Debts, st.Blocked, st.Rejoin)
	return b.String()
}

// next returns every world that one event makes of n.
func (n node) next(verdicts map[sight]failover.VerdictChanged) []node {
	var out []node
	try := func(what string, f func(m *node)) {
		m := node{n.w.clone(), n.sights, append(slices.Clone(n.path), what)}
		f(&m)
		out = append(out, m)
	}
	for i, name := range n.w.c.Servers {
		for _, s := range neighbours(n.sights[i]) {
			try(fmt.Sprintf("%s seen %s", name, s), func(m *node) {
				m.sights[i] = s
				v := verdicts[s]
				v.Server = name
				m.w.verdict(v)
			})
		}
		try(name+" loses power", func(m *node) {
			s := m.w.servers[name]
			s.reachable, s.open, s.acks, s.linked = false, false, true, false
			m.w.servers[name] = s
		})
		try(name+" is cut off", func(m *node) {
			s := m.w.servers[name]
			s.reachable = !s.reachable
			m.w.servers[name] = s
		})
	}
	for _, p := range n.w.pending() {
		for luck := range 4 {
			try(fmt.Sprintf("%v %s %d", p.Kind, p.Server, luck), func(m *node) { m.w.execute(p, luck) })
		}
	}
	try("time", func(m *node) {
		m.w.now = m.w.now.Add(11 * time.Second)
		m.w.step(failover.Tick{Time: m.w.now})
	})
	try("restart", func(m *node) { m.w.restart(m.w.m.State()) })
	try("lease", func(m *node) { m.w.lease(!m.w.held) })
	try("forked", func(m *node) { m.w.sample("backup", failover.SyncForked, false) })
	try("switchover", func(m *node) { m.w.operate(failover.Switchover, "backup", false) })
	return out
}

// neighbours are the sights that differ in one vantage, and the two in which all
// agree.
func neighbours(s sight) []sight {
	out := []sight{"ooo", "xxx"}
	for i := range s {
		for _, c := range "ox-" {
			if n := s[:i] + sight(c) + s[i+1:]; n != s && !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return slices.DeleteFunc(out, func(n sight) bool { return n == s })
}

// TestSmallWorlds visits every world of three servers and three vantages that a
// bounded number of events can make, and holds each against I1 to I12.
func TestSmallWorlds(t *testing.T) {
	depth, most := 4, 4_000
	if v := os.Getenv("JEMBATAN_FAILOVER_DEPTH"); v != "" {
		depth, _ = strconv.Atoi(v)
		most = 400_000
	}
	verdicts := map[sight]failover.VerdictChanged{}
	for _, s := range sights() {
		verdicts[s] = judge(t, s)
	}
	c := configs()[0]
	w := newWorld(c)
	w.up()
	level := []node{{w: w, sights: [3]sight{"ooo", "ooo", "ooo"}}}
	seen := map[string]bool{level[0].key(): true}
	transitions, reached, phases := 0, 0, map[failover.Phase]bool{}
	for reached < depth && len(level) > 0 && len(seen) < most {
		var further []node
		for _, n := range level {
			for _, m := range n.next(verdicts) {
				transitions++
				if len(m.w.errs) > 0 {
					t.Fatalf("%v\nafter %s", m.w.errs, strings.Join(m.path, "; "))
				}
				phases[m.w.m.State().Phase] = true
				if k := m.key(); !seen[k] {
					seen[k] = true
					further = append(further, m)
				}
			}
			if len(seen) >= most {
				break
			}
		}
		level = further
		reached++
	}
	t.Logf("3 servers, 3 vantages, depth %d: %d states, %d transitions, %d phases, I1 to I12 held in each", reached, len(seen), transitions, len(phases))
}

// TestSights holds the verdicts of all 27 sights.
func TestSights(t *testing.T) {
	for _, s := range sights() {
		v := judge(t, s)
		fails := strings.Count(string(s), "x")
		switch {
		case v.Verdict == health.Failed && (fails < 2 || s[2] == 'o'):
			t.Errorf("%s: failed, with %d who say so", s, fails)
		case fails >= 2 && s[2] != 'o' && v.Verdict != health.Failed:
			t.Errorf("%s: %v (%s)", s, v.Verdict, v.Reason)
		case fails > 0 && s[2] == 'o' && !v.Split:
			t.Errorf("%s: no split", s)
		}
	}
}
