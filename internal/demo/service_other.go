//go:build !linux

package demo

import (
	"context"
	"errors"
)

func haveDatabases() bool { return false }

// service is not told: without Linux there are no namespaces.
func (d *demo) service(context.Context, *way, bool) (*outcome, error) {
	return nil, errors.New("the lab needs Linux")
}
