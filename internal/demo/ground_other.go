//go:build !linux

package demo

import (
	"context"
	"errors"
)

// lab says that there is none.
func (d *demo) lab(context.Context) (ground, error) {
	return nil, errors.New("the lab needs Linux")
}
