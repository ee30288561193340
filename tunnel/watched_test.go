package tunnel

import (
	"slices"
	"testing"
	"time"
)

func TestWatchers(t *testing.T) {
	on := func(routers ...string) Switch { return Switch{NAT: &NATSwitch{On: routers}} }
	for _, tt := range []struct {
		name      string
		vantages  []string
		on, whose []string
	}{
		{"the ones that clients come in by", []string{"jkt", "sby", "bdg"}, []string{"jkt", "sby"}, []string{"jkt", "sby"}},
		{"one is too few", []string{"jkt", "sby", "bdg"}, []string{"jkt"}, []string{"jkt", "sby", "bdg"}},
		{"who is no vantage does not watch", []string{"jkt", "bdg"}, []string{"jkt", "sby"}, []string{"jkt", "bdg"}},
	} {
		s := &Service{Vantages: tt.vantages, Switch: on(tt.on...)}
		if got := s.Watchers(); !slices.Equal(got, tt.whose) {
			t.Errorf("%s: %q", tt.name, got)
		}
		if len(s.Vantages) != len(tt.vantages) || s.Vantages[0] != "jkt" {
			t.Errorf("%s: the vantages became %q", tt.name, s.Vantages)
		}
	}
}

func TestWatchedPorts(t *testing.T) {
	s := &Service{
		Probes: []Probe{
			{Type: ProbeICMP},
			{Type: ProbeHTTPS, Port: 443},
			{Type: ProbeHTTP, Port: 80, Path: "/a"},
			{Type: ProbeHTTP, Port: 80, Path: "/b"},
			{Type: ProbeTCP, Port: 3306},
			{Type: ProbeTCP, Port: 3307},
			{Type: ProbeMySQL, Port: 3307},
			{Type: ProbeTCP, Port: 25},
		},
		Replication: Replication{Engine: MariaDB, Port: 3306},
	}
	if got := s.WatchedPorts(); !slices.Equal(got, []uint16{25, 80, 443}) {
		t.Errorf("%d", got)
	}
	s.Replication = Replication{}
	if got := s.WatchedPorts(); !slices.Equal(got, []uint16{25, 80, 443, 3306}) {
		t.Errorf("without replication: %d", got)
	}
}

func TestWatchInterval(t *testing.T) {
	if got := (Policy{Interval: 100 * time.Millisecond}).WatchInterval(); got != time.Second {
		t.Errorf("%v", got)
	}
	if got := (Policy{Interval: 2 * time.Second}).WatchInterval(); got != 2*time.Second {
		t.Errorf("%v", got)
	}
}
