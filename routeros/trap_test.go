package routeros_test

import (
	"errors"
	"testing"

	"jembatan/routeros"
)

// Texts of devices, and what they mean.
func TestTrapMeanings(t *testing.T) {
	sentinels := []error{
		routeros.ErrNotFound, routeros.ErrNoCommand, routeros.ErrExists, routeros.ErrPermission, routeros.ErrLogin, routeros.ErrInterrupted,
	}
	for text, want := range map[string]error{
		"no such item":                                     routeros.ErrNotFound,
		"no such item (4)":                                 routeros.ErrNotFound,
		"no such command or directory (adress)":            routeros.ErrNoCommand,
		"unknown parameter follow-only":                    routeros.ErrNoCommand,
		"bad parameter router-id":                          routeros.ErrNoCommand,
		"failure: already have interface with such name":   routeros.ErrExists,
		"failure: already have interface with name bridge": routeros.ErrExists,
		"already have such entry":                          routeros.ErrExists,
		"failure: item with such name already exists":      routeros.ErrExists,
		"failure: user with the same name already exists":  routeros.ErrExists,
		"failure: device already added as bridge port":     routeros.ErrExists,
		"device already added as bridge port":              routeros.ErrExists,
		"ether1 already in test-bond":                      routeros.ErrExists,
		"not enough permissions (9)":                       routeros.ErrPermission,
		"failure: not allowed by device-mode":              routeros.ErrPermission,
		"invalid user name or password (6)":                routeros.ErrLogin,
		"cannot log in":                                    routeros.ErrLogin,
		"could not authenticate - radius timeout":          routeros.ErrLogin,
		"interrupted":                                      routeros.ErrInterrupted,
		"invalid value for argument address":               nil,
		"input does not match any value of interface":      nil,
		"action failed (6)":                                nil,
		"missing value(s) of argument(s) password":         nil,
		"": nil,
	} {
		err := &routeros.TrapError{Path: "/x/add", Message: text}
		for _, s := range sentinels {
			if got := errors.Is(err, s); got != errors.Is(want, s) {
				t.Errorf("%q is %v: %v", text, s, got)
			}
		}
	}
	if err := (&routeros.TrapError{Category: routeros.CategoryInterrupted, Message: "stopped"}); !errors.Is(err, routeros.ErrInterrupted) {
		t.Error("category 2 is not ErrInterrupted")
	}
}
