package lab

import (
	"testing"
	"time"

	"jembatan/examples"
)

func TestUp(t *testing.T) {
	needRoot(t)
	begun := time.Now()
	l := start(t, Options{Source: examples.TwoSites(), Clients: 2})
	t.Logf("up in %v outside, %v inside", time.Since(begun), l.Took())
	s, err := l.Status(t.Context())
	must(t, err)
	t.Logf("%+v", s)
}
