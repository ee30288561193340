//go:build linux

package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"os"

	"jembatan/internal/lab"
)

// A process is a program that runs inside a host of the lab, its output going to a
// file.
type process struct {
	log    string
	cancel context.CancelFunc
	ended  chan struct{}
	code   int
	err    error
}

// spawn starts a program on a host. It ends with ctx, with end, or by itself.
func spawn(ctx context.Context, l *lab.Client, host, log string, argv ...string) (*process, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, errors.Join(err, out.Close())
	}
	p := &process{log: log, ended: make(chan struct{})}
	ctx, p.cancel = context.WithCancel(ctx)
	go func() {
		defer close(p.ended)
		code, err := l.Exec(ctx, host, argv, null, out, out)
		if ctx.Err() != nil {
			err = nil // That is how it ends.
		}
		p.code, p.err = code, errors.Join(err, out.Close(), null.Close())
	}()
	return p, nil
}

// end ends the program and returns when it has ended.
func (p *process) end() error {
	p.cancel()
	<-p.ended
	return p.err
}

// execute runs a program on a host to its end and returns what it printed.
func execute(ctx context.Context, l *lab.Client, dir, host string, argv ...string) (string, error) {
	out, err := os.CreateTemp(dir, "out")
	if err != nil {
		return "", err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	null, err := os.Open(os.DevNull)
	if err != nil {
		return "", err
	}
	defer null.Close()
	code, err := l.Exec(ctx, host, argv, null, out, out)
	text, _ := os.ReadFile(out.Name()) // What it printed is for people.
	if err == nil && code != 0 {
		err = fmt.Errorf("%v on %s ends with %d: %s", argv, host, code, text)
	}
	return string(text), err
}
