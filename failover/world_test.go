package failover_test

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"jembatan/failover"
	"jembatan/health"
)

// A world is what is true, whatever the machine believes: which servers accept
// writes and which of them clients can reach. It carries actions out, and breaks
// invariants only if the machine lets it.
type world struct {
	m       *failover.Machine
	c       failover.Config
	now     time.Time
	servers map[string]server
	epoch   uint64
	held    bool
	errs    []string
	seen    tally

	verdicts  map[string]failover.VerdictChanged
	repl      map[string]failover.ReplicationChanged
	partition bool
	drained   map[string]bool      // WaitDrained was proven since the move began
	blockedBy map[string]bool      // BlockPaths was proven and not taken back
	rewritten string               // a rewrite without its kill yet
	autos     []time.Time          // automatic failovers not acknowledged
	acked     map[string]time.Time // when a server last could have acknowledged a commit
	alone     time.Time            // when a server last took writes that no standby had to have
}

// tally counts what an attack reached.
type tally struct{ events, effects, moves, done, undone, held, restarts int }

type server struct {
	reachable       bool // by the controller
	open            bool // accepts writes of those who reach it
	blocked, killed bool // on every router
	renewed         time.Time
	waits           bool      // its commits wait for a standby
	acks, linked    bool      // it would acknowledge; it reads from the others
	up, told        time.Time // when its database was started, and as the samples say
}

func newWorld(c failover.Config) *world {
	m, err := failover.New(c, failover.State{})
	if err != nil {
		panic(err)
	}
	w := &world{
		m: m, c: c, now: dawn, servers: map[string]server{}, verdicts: map[string]failover.VerdictChanged{},
		repl: map[string]failover.ReplicationChanged{}, drained: map[string]bool{}, blockedBy: map[string]bool{}, acked: map[string]time.Time{},
	}
	for i, s := range c.Servers {
		up := dawn.Add(-time.Hour)
		w.servers[s] = server{reachable: true, open: i == 0, renewed: dawn, acks: true, linked: true, up: up, told: up}
	}
	return w
}

// up starts the controller with everything well.
func (w *world) up() {
	w.lease(true)
	for _, s := range w.c.Servers {
		w.verdict(failover.VerdictChanged{Server: s, Verdict: health.Healthy})
		w.sample(s, failover.InSync, false)
	}
}

func (w *world) clone() *world {
	c := *w
	c.m, c.servers, c.verdicts, c.repl = w.m.Clone(), maps.Clone(w.servers), maps.Clone(w.verdicts), maps.Clone(w.repl)
	c.drained, c.blockedBy, c.autos = maps.Clone(w.drained), maps.Clone(w.blockedBy), slices.Clone(w.autos)
	c.errs, c.acked = slices.Clone(w.errs), maps.Clone(w.acked)
	return &c
}

func (w *world) fail(format string, args ...any) {
	w.errs = append(w.errs, fmt.Sprintf(format, args...))
}

// writers returns the servers that clients can write to.
func (w *world) writers() []string {
	var out []string
	for _, name := range w.c.Servers {
		s := w.servers[name]
		leased := w.c.SiteLoss != failover.SiteLossLease || w.now.Sub(s.renewed) <= w.c.LeaseTTL
		if s.open && leased && !(s.blocked && s.killed) {
			out = append(out, name)
		}
	}
	return out
}

// step gives the machine an event and holds what it answers against I1 to I12.
func (w *world) step(e failover.Event) {
	w.seen.events++
	w.alone = latestAlone(w)
	w.acknowledge()
	before := w.m.State()
	for _, a := range w.m.Step(e) {
		w.check(a, before)
	}
	w.renew()
	w.alone = latestAlone(w)
	w.acknowledge()
	if two := w.writers(); len(two) > 1 {
		w.fail("I1: clients can write to %v", two)
	}
	if st := w.m.State(); st.Phase == failover.Held {
		w.seen.held++
		if st.Reason == failover.None {
			w.fail("held without a reason")
		}
	}
}

// latestAlone is when a server that is open last needed nobody for a commit.
func latestAlone(w *world) time.Time {
	for _, s := range w.servers {
		if s.open && !s.waits && !(s.blocked && s.killed) {
			return w.now
		}
	}
	return w.alone
}

// acknowledge notes who may have acknowledged a commit just now. A server that the
// controller cannot reach and every vantage misses is not connected to the active
// one.
func (w *world) acknowledge() {
	for name := range w.servers {
		if w.mayAck(name) {
			w.acked[name] = w.now
		}
	}
}

func (w *world) mayAck(name string) bool {
	s := w.servers[name]
	return s.acks && s.linked && !s.open && (s.reachable || w.verdicts[name].Verdict != health.Failed)
}

// renew renews the self-fencing lease as the runner does.
func (w *world) renew() {
	name := w.m.RenewFor()
	if s := w.servers[name]; name != "" && w.held && s.reachable {
		s.renewed = w.now
		w.servers[name] = s
	}
}

func (w *world) check(a failover.Action, before failover.State) {
	st := w.m.State()
	if !a.Kind.Effect() {
		w.checkTold(a, before)
		return
	}
	w.seen.effects++
	if !w.held || a.Epoch != w.epoch {
		w.fail("I2, I9: %v %s in epoch %d; held %v in %d", a.Kind, a.Server, a.Epoch, w.held, w.epoch)
	}
	if p, ok := st.Pending[a.ID]; !ok || p != a {
		w.fail("I8: %v %s is not in the state", a.Kind, a.Server)
	}
	opening := st.Move != nil && (st.Move.Step == failover.Promote || st.Move.Step == failover.Switch || st.Move.Step == failover.Verify)
	against := a.Kind == failover.BlockPaths || a.Kind == failover.FenceDatabase || a.Kind == failover.KillConnections
	if against && (opening && a.Server == st.Move.To || st.Move == nil && a.Server == st.Active) {
		w.fail("%v against %s, which clients are sent to", a.Kind, a.Server)
	}
	switch a.Kind {
	case failover.OpenWrites:
		if a.Phase == failover.Promote {
			w.checkPromote(a, before)
		}
	case failover.KillConnections:
		if st.Move != nil && st.Move.Step == failover.Fence && a.Server == st.Move.Fence && !w.blockedBy[a.Server] {
			w.fail("I7: connections to %s killed before the block stands", a.Server)
		}
	case failover.Rewrite:
		if st.Active != a.Server && (st.Move == nil || st.Move.To != a.Server) {
			w.fail("I7: routers turned to %s, which is not the target", a.Server)
		}
		w.rewritten = a.Server
	case failover.ProbePublic:
		if w.rewritten != "" && st.Move != nil && !st.Move.Cut {
			w.fail("I7: verified before the connections were cut")
		}
	case failover.KindUnknown, failover.FenceDatabase, failover.StopRenewing, failover.BlockPaths, failover.WaitDrained,
		failover.Unblock, failover.RejoinServer, failover.RequireAcks, failover.WaiveAcks, failover.StartAcking, failover.StopAcking, failover.Alert, failover.Hold, failover.Record, failover.Accept, failover.Refuse:
	}
}

func (w *world) checkPromote(a failover.Action, before failover.State) {
	if !w.drained[a.Server] {
		w.fail("I4: %s opened without proof that it is drained", a.Server)
	}
	first := before.Writable != a.Server // Told again, its own writes are nothing strange.
	// What it may lose was judged when it was chosen, unless it was started anew since.
	if mv := before.Move; first && mv != nil && mv.Kind == failover.Emergency && w.servers[a.Server].told.After(mv.Began) && w.forgot(a.Server) {
		w.fail("I4: %s opened, which was started anew in the move", a.Server)
	}
	if r := w.repl[a.Server]; first && (r.Sync == failover.SyncForked || r.Errant) {
		w.fail("I4: %s opened with a fork or errant writes", a.Server)
	}
	for _, o := range w.c.Servers {
		if s := w.servers[o]; o != a.Server && slices.Contains(w.writers(), o) {
			w.fail("I1: %s told to open while %s is writable: %+v", a.Server, o, s)
		}
	}
}

func (w *world) checkTold(a failover.Action, before failover.State) {
	if a.ID != 0 {
		w.fail("I10: %v would be waited for", a.Kind)
	}
	if (a.Kind == failover.Hold || a.Kind == failover.Refuse) && a.Reason == failover.None {
		w.fail("%v without a reason", a.Kind)
	}
	if a.Kind != failover.Alert {
		return
	}
	if a.Reason == failover.MoveDone {
		w.seen.done++
	}
	if a.Reason == failover.MoveUndone {
		w.seen.undone++
	}
	if a.Reason == failover.MoveStarted {
		w.checkStart(a, before)
	}
}

// forgot reports whether a server was started anew, as its samples say, and was not
// proven to hold all since.
func (w *world) forgot(name string) bool {
	mark := w.m.State().Synced[name]
	return w.c.SemiSync && w.c.AllowedLoss == 0 && mark.LosslessAt.Before(w.servers[name].told)
}

func (w *world) checkStart(a failover.Action, before failover.State) {
	w.seen.moves++
	clear(w.drained)
	v := w.verdicts[before.Active]
	if t := w.verdicts[a.Server]; t.Verdict != health.Healthy {
		w.fail("I5: a move to %s, which is %v", a.Server, t.Verdict)
	}
	if mark := w.m.State().Synced[a.Server]; w.c.Database && mark.SyncedAt.IsZero() && mark.LosslessAt.IsZero() {
		w.fail("I5: a move to %s, which was never in sync", a.Server)
	}
	if a.Detail != failover.Emergency.String() {
		return
	}
	if v.Split || w.partition {
		w.fail("I11: a failover in a partition")
	}
	if v.Verdict != health.Failed && !(w.c.LoadFails && v.Load) {
		w.fail("I3, I5: a failover from %s, which is %v", before.Active, v.Verdict)
	}
	mark := w.m.State().Synced[a.Server]
	if w.c.SemiSync && w.c.AllowedLoss == 0 && !mark.LosslessAt.After(w.alone) {
		w.fail("I4: a failover to %s, proven at %v, though writes waited for nobody at %v", a.Server, mark.LosslessAt, w.alone)
	}
	for other, at := range w.acked {
		if w.c.SemiSync && w.c.AllowedLoss == 0 && other != a.Server && other != before.Active && !mark.LosslessAt.After(at) {
			w.fail("I4: a failover to %s, proven at %v, though %s may have acknowledged at %v", a.Server, mark.LosslessAt, other, at)
		}
	}
	if w.forgot(a.Server) {
		w.fail("I4: a failover to %s, which has thrown away what it had not applied", a.Server)
	}
	hour, day := 0, 0
	for _, t := range w.autos {
		if w.now.Sub(t) < time.Hour {
			hour++
		}
		if w.now.Sub(t) < 24*time.Hour {
			day++
		}
	}
	if hour >= 1 || day >= 3 {
		w.fail("I6: %d automatic failovers in the hour, %d in the day before", hour, day)
	}
	w.autos = append(w.autos, w.now)
}

func (w *world) verdict(v failover.VerdictChanged) {
	v.Time = w.now
	if v.Verdict == health.Failed {
		v.Since = w.now
	}
	w.verdicts[v.Server] = v
	w.step(v)
}

func (w *world) sample(name string, sync failover.Sync, errant bool) {
	s := w.servers[name]
	r := failover.ReplicationChanged{
		Time: w.now, Server: name, Sync: sync, Errant: errant, Drained: true, Fresh: true, WriteTested: true,
		Open: s.open, Closed: !s.open,
	}
	active := w.servers[w.m.State().Active]
	r.Acking = sync == failover.InSync && name != w.m.State().Active && s.acks && s.linked
	r.Silent, r.Loud = !s.acks, s.acks
	if !s.reachable { // Asked, and without an answer.
		r.Sync, sync = failover.SyncUnclear, failover.SyncUnclear
		r.Open, r.Closed, r.Silent, r.Loud, r.Acking, r.Errant = false, false, false, false, false, false
	}
	r.AcksOn, r.AcksOff = s.waits, !s.waits
	if sync == failover.InSync {
		r.SyncedAt = w.now
		if active.waits && s.acks || !w.c.SemiSync {
			r.LosslessAt = w.now
		}
	}
	if s.reachable {
		s.told, r.Up = s.up, w.now.Sub(s.up)
		w.servers[name] = s
	}
	w.repl[name] = r
	w.step(r)
}

// lease takes the lease under a new epoch or loses it.
func (w *world) lease(held bool) {
	if w.held = held; held {
		w.epoch++
	}
	w.step(failover.LeaseChanged{Time: w.now, Epoch: w.epoch, Held: held})
}

// restart kills the controller and starts another from the journal.
func (w *world) restart(st failover.State) {
	m, err := failover.New(w.c, st)
	if err != nil {
		w.fail("restart: %v", err)
		return
	}
	w.m, w.held = m, false
	w.seen.restarts++
	w.partition = false
	clear(w.verdicts)
	clear(w.repl)
	w.lease(true)
}
