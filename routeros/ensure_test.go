package routeros_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jembatan/routeros"
)

// A scripted is a Caller that answers each call with the next step.
type scripted struct {
	steps []step
	asked []string
}

type step struct {
	reply routeros.Reply
	err   error
}

func (s *scripted) Call(_ context.Context, req routeros.Request) (routeros.Reply, error) {
	s.asked = append(s.asked, req.String())
	if len(s.steps) == 0 {
		return routeros.Reply{}, errors.New("nothing more was expected")
	}
	next := s.steps[0]
	s.steps = s.steps[1:]
	return next.reply, next.err
}

func rows(r ...routeros.Row) routeros.Reply { return routeros.Reply{Rows: r} }

func TestEnsure(t *testing.T) {
	const list = "/interface/list/print =.proplist=.id,name,comment ?name=lan"
	here := routeros.NewRow(".id", "*5", "name", "lan", "comment", "mine")
	other := routeros.NewRow(".id", "*5", "name", "lan")
	ret := routeros.Reply{Done: routeros.NewRow("ret", "*5")}
	exists := &routeros.TrapError{Path: "/interface/list/add", Message: "failure: already have such entry"}
	unknown := &routeros.OutcomeError{Path: "/interface/list/add", Err: context.Canceled}
	for name, tc := range map[string]struct {
		steps []step
		asked []string
		did   routeros.Ensured
		err   error
	}{
		"there as wanted": {[]step{{reply: rows(here)}}, []string{list}, routeros.EnsuredUnchanged, nil},
		"there, different": {
			[]step{{reply: rows(other)}, {}},
			[]string{list, "/interface/list/set =.id=*5 =comment=mine"},
			routeros.EnsuredUpdated, nil,
		},
		"not there": {
			[]step{{}, {reply: ret}},
			[]string{list, "/interface/list/add =name=lan =comment=mine"},
			routeros.EnsuredCreated, nil,
		},
		"there all of a sudden": {
			[]step{{}, {err: exists}, {reply: rows(here)}},
			[]string{list, "/interface/list/add =name=lan =comment=mine", list},
			routeros.EnsuredUnchanged, nil,
		},
		"a duplicate of something else": {
			[]step{{}, {err: exists}, {}},
			[]string{list, "/interface/list/add =name=lan =comment=mine", list},
			routeros.EnsuredUnknown, routeros.ErrExists,
		},
		"the answer was lost": {
			[]step{{}, {err: unknown}},
			[]string{list, "/interface/list/add =name=lan =comment=mine"},
			routeros.EnsuredUnknown, routeros.ErrOutcomeUnknown,
		},
		"there twice": {[]step{{reply: rows(here, other)}}, []string{list}, routeros.EnsuredUnknown, routeros.ErrAmbiguous},
	} {
		t.Run(name, func(t *testing.T) {
			c := &scripted{steps: tc.steps}
			id, did, err := routeros.Ensure(t.Context(), c, "/interface/list", routeros.FieldsOf("name", "lan"), routeros.FieldsOf("comment", "mine"))
			if diff := cmp.Diff(tc.asked, c.asked); diff != "" {
				t.Error(diff)
			}
			if did != tc.did || !errors.Is(err, tc.err) || (err == nil && id != "*5") {
				t.Errorf("Ensure = %q, %s, %v", id, did, err)
			}
		})
	}
}

func TestEnsureComparesBooleans(t *testing.T) {
	c := &scripted{steps: []step{{reply: rows(routeros.NewRow(".id", "*1", "name", "x", "disabled", "false"))}}}
	_, did, err := routeros.Ensure(t.Context(), c, "/m", routeros.FieldsOf("name", "x"), routeros.FieldsOf("disabled", "no").NoValue("keepalive").Clear("comment"))
	if did != routeros.EnsuredUnchanged || err != nil {
		t.Errorf("%s, %v", did, err)
	}
}

func TestEnsureWantsAKey(t *testing.T) {
	for _, key := range []routeros.Fields{nil, routeros.Fields{}.NoValue("name"), routeros.FieldsOf("a", "b").NoValue("name")} {
		c := &scripted{}
		if _, _, err := routeros.Ensure(t.Context(), c, "/m", key, nil); !errors.Is(err, routeros.ErrBadRequest) || len(c.asked) != 0 {
			t.Errorf("%s: %v, asked %q", key, err, c.asked)
		}
	}
}
