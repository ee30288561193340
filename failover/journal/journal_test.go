package journal_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clientv3 "go.etcd.io/etcd/client/v3"

	"jembatan/failover"
	"jembatan/failover/journal"
	"jembatan/failover/lease"
)

func TestSaveLoad(t *testing.T) {
	dir := t.TempDir()
	s := open(t, lease.Options{Dir: dir})
	j := journal.New(s)
	ctx := t.Context()
	if _, found, err := j.Load(ctx, "erp"); found || err != nil {
		t.Fatalf("found %v in an empty store, err %v", found, err)
	}
	entries := []journal.Entry{
		{At: time.Now(), Kind: journal.KindEvent, Detail: "one\xff<&>\u2028"},
		{At: time.Now(), Kind: journal.KindIntent, Action: &failover.Action{ID: 3, Kind: failover.Unblock}},
		{At: time.Now(), Kind: journal.KindOutcome, Outcome: &journal.Outcome{ID: 3, Failure: failover.Partly, Routers: []string{"r1"}, Took: time.Second}},
		{At: time.Now(), Kind: journal.KindNote, By: "ani", Detail: strings.Repeat("é", journal.MaxDetail)},
	}
	lead(t, s, func(ctx context.Context, term *lease.Term) {
		if err := j.Save(ctx, term, "erp", stateOf(7), entries); err != nil {
			t.Fatal(err)
		}
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	j = journal.New(open(t, lease.Options{Dir: dir}))
	got, found, err := j.Load(ctx, "erp")
	if !found || err != nil {
		t.Fatalf("found %v, err %v", found, err)
	}
	if d := cmp.Diff(stateOf(7), got); d != "" {
		t.Error(d)
	}
	history, err := j.History(ctx, "erp", journal.Query{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(entries, history); d != "" {
		t.Error(d)
	}
	if err := journal.Verify(history); err != nil {
		t.Error(err)
	}
	if n := len(history[3].Detail); n > journal.MaxDetail || !strings.HasSuffix(history[3].Detail, "(cut)") {
		t.Errorf("a detail of %d bytes", n)
	}
}

// Who has been replaced is refused by the store, before it has noticed itself,
// and nothing is changed.
func TestReplaced(t *testing.T) {
	c := cluster(t)
	a := open(t, lease.Options{Endpoints: []string{c.Endpoint}, Holder: "a"})
	b := open(t, lease.Options{Endpoints: []string{c.Endpoint}, Holder: "b"})
	ja, jb := journal.New(a), journal.New(b)
	lead(t, a, func(ctx context.Context, old *lease.Term) {
		if err := ja.Save(ctx, old, "erp", stateOf(1), entriesOf(1, 2)); err != nil {
			t.Fatal(err)
		}
		if _, err := b.KV().Delete(ctx, "/jembatan/leader"); err != nil {
			t.Fatal(err)
		}
		lead(t, b, func(ctx context.Context, term *lease.Term) {
			if term.Epoch() <= old.Epoch() {
				t.Errorf("epoch %d after %d", term.Epoch(), old.Epoch())
			}
			if err := ja.Save(ctx, old, "erp", stateOf(2), entriesOf(2, 2)); !errors.Is(err, lease.ErrNotLeading) {
				t.Errorf("Save of the old term: %v", err)
			}
			if err := ja.PutReport(ctx, old, "erp", "r", nil); !errors.Is(err, lease.ErrNotLeading) {
				t.Errorf("PutReport of the old term: %v", err)
			}
			got, _, err := jb.Load(ctx, "erp")
			if d := cmp.Diff(stateOf(1), got); d != "" || err != nil {
				t.Error(d, err)
			}
			if err := jb.Save(ctx, term, "erp", stateOf(3), entriesOf(3, 1)); err != nil {
				t.Error(err)
			}
		})
	})
	// a leads again, and what it knew of the journal is old.
	lead(t, a, func(ctx context.Context, term *lease.Term) {
		if err := ja.Save(ctx, term, "erp", stateOf(4), entriesOf(4, 1)); err != nil {
			t.Error(err)
		}
	})
	history, err := jb.History(t.Context(), "erp", journal.Query{})
	if err != nil || len(history) != 4 {
		t.Fatalf("%d entries, err %v", len(history), err)
	}
	if err := journal.Verify(history); err != nil {
		t.Error(err)
	}
}

// What was damaged is an error that names its key, and never a zero state.
func TestDamaged(t *testing.T) {
	s := open(t, lease.Options{Dir: t.TempDir()})
	j := journal.New(s)
	const state, entry = "/jembatan/services/erp/state", "/jembatan/services/erp/log/00000000000000000002"
	lead(t, s, func(ctx context.Context, term *lease.Term) {
		if err := j.Save(ctx, term, "erp", stateOf(1), entriesOf(1, 3)); err != nil {
			t.Fatal(err)
		}
		if err := j.Save(ctx, term, "other", stateOf(1), nil); err != nil {
			t.Fatal(err)
		}
		value := func(key string) string {
			found, err := s.KV().Get(ctx, key)
			if err != nil || len(found.Kvs) != 1 {
				t.Fatal(found, err)
			}
			return string(found.Kvs[0].Value)
		}
		put := func(key, v string) {
			if _, err := s.KV().Put(ctx, key, v); err != nil {
				t.Fatal(err)
			}
		}
		isDamage := func(what string, err error, key string) {
			t.Helper()
			var d *journal.DamagedError
			if !errors.As(err, &d) || d.Key != key {
				t.Errorf("%s: %v", what, err)
			}
		}
		good := value(state)
		for what, bad := range map[string]string{
			"empty": "", "null": "null", "object": "{}", "cut": good[:len(good)/2],
			"changed":  strings.Replace(good, `"active":"a"`, `"active":"b"`, 1),
			"unknown":  strings.Replace(good, `{`, `{"more":1,`, 1),
			"twice":    good + good,
			"newer":    strings.Replace(good, `"version":1`, `"version":2`, 1),
			"another":  value("/jembatan/services/other/state"),
			"no state": strings.Replace(good, `"state":{`, `"stat":{`, 1),
		} {
			put(state, bad)
			got, found, err := j.Load(ctx, "erp")
			isDamage(what, err, state)
			if found || cmp.Diff(failover.State{}, got) != "" {
				t.Errorf("%s: found %v", what, found)
			}
			isDamage(what, journal.New(s).Save(ctx, term, "erp", stateOf(2), nil), state)
			if value(state) != bad {
				t.Errorf("%s was written over", what)
			}
		}
		if _, err := s.KV().Delete(ctx, state); err != nil {
			t.Fatal(err)
		}
		_, _, err := j.Load(ctx, "erp")
		isDamage("lost", err, state)
		put(state, good)
		if _, found, err := j.Load(ctx, "erp"); !found || err != nil {
			t.Errorf("found %v, err %v", found, err)
		}

		put(entry, strings.Replace(value(entry), `"detail":"1"`, `"detail":"2"`, 1))
		history, err := j.History(ctx, "erp", journal.Query{})
		isDamage("entry", err, entry)
		if len(history) != 2 {
			t.Errorf("%d entries beside the damaged one", len(history))
		}
		if err := j.Save(ctx, term, "erp", stateOf(2), entriesOf(2, 1)); err != nil {
			t.Errorf("a damaged entry stands in the way: %v", err)
		}
	})
}

func TestLimits(t *testing.T) {
	s := open(t, lease.Options{Dir: t.TempDir()})
	j := journal.New(s)
	lead(t, s, func(ctx context.Context, term *lease.Term) {
		long := strings.Repeat("x", journal.MaxState)
		tooLarge := func(what string, err error) {
			t.Helper()
			if !errors.Is(err, journal.ErrTooLarge) {
				t.Errorf("%s: %v", what, err)
			}
		}
		tooLarge("state", j.Save(ctx, term, "erp", failover.State{Active: long}, nil))
		tooLarge("entries", j.Save(ctx, term, "erp", failover.State{}, make([]journal.Entry, journal.MaxEntries+1)))
		tooLarge("entry", j.Save(ctx, term, "erp", failover.State{}, []journal.Entry{{By: long}}))
		tooLarge("report", j.PutReport(ctx, term, "erp", "r", make([]byte, journal.MaxReport+1)))
		half := make([]journal.Entry, journal.MaxEntries)
		for i := range half {
			half[i] = journal.Entry{By: long[:journal.MaxEntry/2]}
		}
		tooLarge("sum", j.Save(ctx, term, "erp", failover.State{}, half))
		if _, found, err := j.Load(ctx, "erp"); found || err != nil {
			t.Errorf("found %v, err %v", found, err)
		}
		// The largest that is allowed goes through etcd's own limits.
		if err := j.Save(ctx, term, "erp", failover.State{Active: long[:journal.MaxState-2000]}, half[:30]); err != nil {
			t.Error(err)
		}
		if err := j.Save(ctx, term, "erp", failover.State{}, make([]journal.Entry, journal.MaxEntries)); err != nil {
			t.Error(err)
		}
		if err := j.PutReport(ctx, term, "erp", "r", make([]byte, journal.MaxReport)); err != nil {
			t.Error(err)
		}
		if err := j.Save(ctx, term, "", failover.State{}, nil); err == nil {
			t.Error("a service without a name")
		}
		if err := j.Save(ctx, term, "erp", failover.State{Phase: 99}, nil); err == nil {
			t.Error("a state that cannot be read back was saved")
		}
	})
}

func TestReports(t *testing.T) {
	s := open(t, lease.Options{Dir: t.TempDir()})
	j := journal.New(s)
	lead(t, s, func(ctx context.Context, term *lease.Term) {
		for i := range journal.KeepReports + 5 {
			if err := j.PutReport(ctx, term, "erp", fmt.Sprintf("drill/%d", i), []byte{byte(i)}); err != nil {
				t.Fatal(err)
			}
		}
		if err := j.PutReport(ctx, term, "erp", "drill/50", []byte{50}); err != nil {
			t.Errorf("the same again: %v", err)
		}
		if err := j.PutReport(ctx, term, "erp", "drill/50", []byte{51}); !errors.Is(err, journal.ErrDuplicate) {
			t.Errorf("another under its ID: %v", err)
		}
		infos, err := j.Reports(ctx, "erp")
		if err != nil || len(infos) != journal.KeepReports || infos[0].ID != "drill/5" {
			t.Errorf("%d reports, err %v", len(infos), err)
		}
		body, err := j.Report(ctx, "erp", "drill/50")
		if err != nil || string(body) != string([]byte{50}) {
			t.Errorf("report %v, err %v", body, err)
		}
		if _, err := j.Report(ctx, "erp", "drill/1"); !errors.Is(err, journal.ErrNotFound) {
			t.Errorf("an old report: %v", err)
		}
		bodies, err := s.KV().Get(ctx, "/jembatan/services/erp/bodies/", clientv3.WithPrefix(), clientv3.WithCountOnly())
		if err != nil || bodies.Count != journal.KeepReports {
			t.Errorf("%d bodies, err %v", bodies.Count, err)
		}
		if _, err := s.KV().Put(ctx, "/jembatan/services/erp/bodies/drill%2F50", "x"); err != nil {
			t.Fatal(err)
		}
		var d *journal.DamagedError
		if _, err := j.Report(ctx, "erp", "drill/50"); !errors.As(err, &d) {
			t.Errorf("a damaged report: %v", err)
		}
	})
}
