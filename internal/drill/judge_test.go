package drill

import (
	"slices"
	"strings"
	"testing"
	"time"

	"jembatan/failover"
	"jembatan/failover/journal"
	"jembatan/health/replication"
	"jembatan/health/replication/gtid"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func check(active, standby string) DataCheck {
	return DataCheck{
		At: noon, Active: active, Standby: standby, GTID: GTIDCheck{State: Equal},
		Tables: TableCheck{State: Equal, Equal: 1, Tables: []Table{{Name: "shop.orders", State: Equal}}},
	}
}

// fine is a drill without a finding.
func fine() Report {
	took := 700 * time.Millisecond
	path := Path{Router: "jkt", Sent: 50, Failed: 20, Outages: []Outage{{noon, noon.Add(took)}}, Longest: took}
	leg := func(from, to string) Leg {
		return Leg{
			Move: Move{From: from, To: to, End: Done, Planned: true}, Paths: []Path{path}, After: check(to, from), Resync: &took,
		}
	}
	return Report{
		Objective: Objective{RTO: 30 * time.Second}, Before: check("main", "backup"),
		Legs: []Leg{leg("main", "backup"), leg("backup", "main")}, Journal: Extract{Verified: true},
	}
}

// between is what clients saw of an outage a minute after noon.
func between(d time.Duration) Path {
	from := noon.Add(time.Minute)
	return Path{Sent: 100, Outages: []Outage{{from, from.Add(d)}}, Longest: d}
}

func TestJudge(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*Report)
		verdict Verdict
		codes   []Code
	}{
		"fine":         {func(*Report) {}, Pass, nil},
		"too slow":     {func(r *Report) { r.Objective.RTO = 500 * time.Millisecond }, Fail, []Code{RTOMissed}},
		"no recovery":  {func(r *Report) { r.Legs[1].Paths = []Path{{Sent: 1, Outages: []Outage{{From: noon}}}} }, Fail, []Code{NotRecovered}},
		"nobody asked": {func(r *Report) { r.Legs[0].Paths, r.Legs[1].Paths = nil, []Path{{}} }, Conditions, []Code{NoClientView}},
		"two outages": {func(r *Report) {
			r.Legs[0].Paths[0].Outages = slices.Repeat(r.Legs[0].Paths[0].Outages, 2)
		}, Conditions, []Code{Unsteady}},
		"a blink in the stay":   {func(r *Report) { r.Client.Paths = []Path{between(500 * time.Millisecond)} }, Pass, nil},
		"an outage in the stay": {func(r *Report) { r.Client.Paths = []Path{between(4 * time.Second)} }, Conditions, []Code{Between}},
		"a long one":            {func(r *Report) { r.Client.Paths = []Path{between(40 * time.Second)} }, Fail, []Code{Between}},
		"the move's own": {func(r *Report) {
			r.Client.Paths = []Path{between(4 * time.Second)}
			r.Legs[0].Paths[0].From, r.Legs[0].Paths[0].To = noon, noon.Add(time.Hour)
		}, Pass, nil},
		"lost":          {func(r *Report) { r.Legs[0].After.GTID = GTIDCheck{State: Differs, Surplus: 2} }, Fail, []Code{RPOMissed}},
		"unknown":       {func(r *Report) { r.Legs[1].After.GTID = GTIDCheck{Why: "main: no-answer"} }, Conditions, []Code{RPOUnproven}},
		"never checked": {func(r *Report) { r.Legs[1].After = DataCheck{} }, Conditions, []Code{RPOUnproven}},
		"errant":        {func(r *Report) { r.Before.GTID = GTIDCheck{State: Differs, Surplus: 1} }, Fail, []Code{DataDiffers}},
		"behind":        {func(r *Report) { r.Legs[0].After.GTID = GTIDCheck{State: Differs, Missing: 7} }, Conditions, []Code{StandbyBehind}},
		"tables": {func(r *Report) {
			r.Legs[0].After.Tables = TableCheck{Tables: []Table{{Name: "shop.orders", State: Differs}, {Name: "shop.stock", State: Equal}}}
			r.Legs[0].After.Tables.total()
		}, Fail, []Code{TablesDiffer}},
		"some tables": {func(r *Report) {
			r.Before.Tables = TableCheck{Tables: []Table{{Name: "shop.log", Why: TooLarge}, {Name: "shop.stock", State: Equal}}}
			r.Before.Tables.total()
		}, Conditions, []Code{TablesUnseen}},
		"no table":     {func(r *Report) { r.Before.Tables = TableCheck{Why: NotAllowed} }, Conditions, []Code{TablesUnseen}},
		"never synced": {func(r *Report) { r.Legs[0].Resync = nil }, Conditions, []Code{NotResynced}},
		"repeated": {func(r *Report) {
			r.Legs[0].Move.Effects = []Effect{{Kind: "rewrite", Failure: failover.TimedOut}, {Kind: "rewrite"}}
		}, Conditions, []Code{EffectsFailed}},
		"no alert": {func(r *Report) {
			r.Alerts = []Alert{{Delivery: true, ID: "1"}, {Delivery: true, ID: "2"}, {Delivery: true, ID: "2", Delivered: true}}
		}, Conditions, []Code{AlertsLost}},
		"blind":          {func(r *Report) { r.Client.Paths = []Path{{Unsent: 3}} }, Conditions, []Code{ClientBlind}},
		"broken journal": {func(r *Report) { r.Journal = Extract{Problem: "verify entry 7: it was changed"} }, Fail, []Code{JournalBroken}},
		"no database": {func(r *Report) {
			r.Before, r.Legs[0].After, r.Legs[1].After = DataCheck{}, DataCheck{}, DataCheck{}
		}, Pass, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := fine()
			c.change(&r)
			r.judge()
			var got []Code
			for _, f := range r.Findings {
				got = append(got, f.Code)
			}
			if r.Verdict != c.verdict || !slices.Equal(got, c.codes) {
				t.Errorf("%s %q, want %s %q", r.Verdict, got, c.verdict, c.codes)
			}
		})
	}
}

func set(t *testing.T, text string) gtid.Set {
	t.Helper()
	s, err := gtid.ParseMariaDB(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What is written between the readings is neither missing nor a surplus.
func TestCompareGTID(t *testing.T) {
	seen := func(text string) replication.Observation {
		return replication.Observation{Server: "x", Executed: set(t, text), Comparable: replication.Yes}
	}
	for _, c := range []struct {
		first, standby, last string
		want                 GTIDCheck
	}{
		{"0-1-10", "0-1-10", "0-1-10", GTIDCheck{State: Equal}},
		{"0-1-10", "0-1-12", "0-1-14", GTIDCheck{State: Equal}},
		{"0-1-10", "0-1-7", "0-1-10", GTIDCheck{State: Differs, Missing: 3}},
		{"0-1-10", "0-1-10,0-2-11", "0-1-10", GTIDCheck{State: Differs, Surplus: 1}},
	} {
		if got := compareGTID(seen(c.first), seen(c.standby), seen(c.last)); got != c.want {
			t.Errorf("%s, %s, %s: %+v, want %+v", c.first, c.standby, c.last, got, c.want)
		}
	}
	lost := replication.Observation{Server: "backup", Failure: replication.Failure{Reason: replication.NoAnswer}}
	if got := compareGTID(seen("0-1-1"), lost, seen("0-1-1")); got.State != NotCompared || got.Why != "backup: no-answer" {
		t.Errorf("%+v", got)
	}
	if got := compareGTID(seen("0-1-1"), replication.Observation{Server: "b"}, seen("0-1-1")); got.State != NotCompared {
		t.Errorf("%+v", got)
	}
}

func TestQuantile(t *testing.T) {
	all := []time.Duration{9, 1, 5, 3}
	for percent, want := range map[int]time.Duration{0: 1, 25: 1, 50: 3, 95: 9, 100: 9} {
		if got := quantile(all, percent); got != want {
			t.Errorf("P%d is %d, want %d", percent, got, want)
		}
	}
	if quantile(nil, 50) != 0 {
		t.Error("of none")
	}
}

// A report that is too large loses entries from its middle, and says how many.
func TestEncode(t *testing.T) {
	r := Report{Version: Version, ID: "d1"}
	for i := range 400 {
		r.Journal.Entries = append(r.Journal.Entries, journal.Entry{Seq: uint64(i) + 1, Detail: strings.Repeat("x", 200)})
	}
	b, err := r.Encode(30 << 10)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	e := back.Journal.Entries
	if len(b) > 30<<10 || len(e)+back.Journal.Dropped != 400 || e[0].Seq != 1 || e[len(e)-1].Seq != 400 {
		t.Errorf("%d bytes, %d entries and %d dropped", len(b), len(e), back.Journal.Dropped)
	}
	if _, err := r.Encode(100); err == nil {
		t.Error("more than the limit")
	}
	if _, err := Decode([]byte(`{"version":2,"id":"d1"}`)); err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("another version: %v", err)
	}
}

func TestErrno(t *testing.T) {
	for text, want := range map[string]int{
		"Error 1142 (42000): SELECT command denied": 1142, "Error 1: x": 1, "driver: bad connection": 0, "Error x": 0,
	} {
		if got := errno(textError(text)); got != want {
			t.Errorf("%q: %d", text, got)
		}
	}
}

type textError string

func (e textError) Error() string { return string(e) }
