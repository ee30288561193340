//go:build linux

package lab

import (
	"bytes"
	"context"
	"os"
	"sync"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if code, ran := Stage(); ran {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// syncBuffer is a log that can be read while it is written.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// start starts a lab that ends with the test.
func start(tb testing.TB, o Options) *Lab {
	tb.Helper()
	var log syncBuffer
	o.Name, o.Log = tb.Name(), &log
	if o.File == "" {
		o.File = "test.yaml"
	}
	if o.Secrets == nil {
		o.Secrets = map[string]string{"env:JEMBATAN_PASSWORD": "secret", "env:JEMBATAN_DB_PASSWORD": "db"}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	tb.Cleanup(cancel)
	l, err := Start(ctx, o)
	if err != nil {
		tb.Fatal(err, log.String())
	}
	tb.Cleanup(func() {
		_ = l.Close()
		if tb.Failed() {
			tb.Log(log.String())
		}
	})
	return l
}
