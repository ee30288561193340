package routeros_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jembatan/routeros"
)

func TestParseVersion(t *testing.T) {
	for text, want := range map[string]routeros.Version{
		"7.16.1 (stable)":     {Major: 7, Minor: 16, Patch: 1, Channel: "stable"},
		"6.49.10 (long-term)": {Major: 6, Minor: 49, Patch: 10, Channel: "long-term"},
		"7.24":                {Major: 7, Minor: 24},
		"7.20beta4 (testing)": {Major: 7, Minor: 20, Pre: "beta4", Channel: "testing"},
		"7.24rc1":             {Major: 7, Minor: 24, Pre: "rc1"},
	} {
		got, err := routeros.ParseVersion(text)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%q: %v %s", text, err, diff)
		}
		if got.String() != text {
			t.Errorf("%q comes back as %q", text, got)
		}
	}
	if v, err := routeros.ParseVersion("7.20.4 (stable) 2025-10-10 14:03:32"); v.Channel != "stable" || err != nil {
		t.Errorf("with a date: %+v, %v", v, err)
	}
	for _, text := range []string{"", "7", "x", "7.", "7.1.2.3", "7.99999999", "stable"} {
		if v, err := routeros.ParseVersion(text); err == nil {
			t.Errorf("%q: %v", text, v)
		}
	}
}

func TestVersionsInOrder(t *testing.T) {
	inOrder := []string{"6.42.7", "6.49.10", "7.9", "7.10beta2", "7.10beta10", "7.10rc1", "7.10", "7.10.2", "7.24"}
	var vs []routeros.Version
	for _, s := range inOrder {
		v, err := routeros.ParseVersion(s)
		if err != nil {
			t.Fatal(err)
		}
		vs = append(vs, v)
	}
	if !slices.IsSortedFunc(vs, routeros.Version.Compare) {
		t.Error("not in order")
	}
}

func TestCapabilities(t *testing.T) {
	for text, want := range map[string]routeros.Capabilities{
		"6.49.10": {ConnectionListen: true},
		"7.9.2":   {ExecuteAsString: true, NetwatchTypes: true, ConnectionListen: true},
		"7.16.1": {
			ExecuteAsString: true, FileRead: true, ImportDryRun: true, OnError: true, ISODates: true,
			GroupAuthority: true, NetwatchTypes: true, ConnectionListen: true, PingProplist: true,
		},
		"7.24": {
			SafeMode: true, EmptyReply: true, ExecuteAsString: true, FileRead: true, ImportDryRun: true, OnError: true,
			ISODates: true, GroupAuthority: true, NetwatchTypes: true, ConnectionPorts: true, PingProplist: true,
			MonitorProplist: true, VRRPConnectionMode: true,
		},
	} {
		v, err := routeros.ParseVersion(text)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, v.Capabilities()); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	if got := (routeros.Version{}).Capabilities(); got != (routeros.Capabilities{}) {
		t.Errorf("unknown: %+v", got)
	}
}
