package member

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// NewLogger returns a logger for etcd that hands warnings and errors to a
// function, which may be nil. What etcd ends the process for is a panic: the
// disk cannot be trusted any more, and nobody goes on.
func NewLogger(to func(level, message string)) *zap.Logger {
	return zap.New(logCore{to}, zap.WithFatalHook(crash{}))
}

// A logCore hands etcd's own messages, warnings and worse, to a function.
type logCore struct{ to func(level, message string) }

// Enabled implements zapcore.LevelEnabler.
func (c logCore) Enabled(l zapcore.Level) bool { return c.to != nil && l >= zapcore.WarnLevel }

// With implements zapcore.Core. Fields that all messages share are dropped.
func (c logCore) With([]zapcore.Field) zapcore.Core { return c }

// Check implements zapcore.Core.
func (c logCore) Check(e zapcore.Entry, to *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return to.AddCore(e, c)
	}
	return to
}

// Write implements zapcore.Core.
func (c logCore) Write(e zapcore.Entry, fields []zapcore.Field) error {
	c.to(e.Level.String(), line(e.Message, fields))
	return nil
}

// Sync implements zapcore.Core.
func (c logCore) Sync() error { return nil }

// line is a message with its fields behind it, in order of their names.
func line(message string, fields []zapcore.Field) string {
	values := zapcore.NewMapObjectEncoder()
	for _, f := range fields {
		f.AddTo(values)
	}
	var b strings.Builder
	b.WriteString(message)
	for _, k := range slices.Sorted(maps.Keys(values.Fields)) {
		fmt.Fprintf(&b, " %s=%v", k, values.Fields[k])
	}
	return b.String()
}

// A crash is a panic in place of an exit: it says why, and can be caught while
// the member starts.
type crash struct{}

// OnWrite implements zapcore.CheckWriteHook.
func (crash) OnWrite(e *zapcore.CheckedEntry, fields []zapcore.Field) {
	panic("etcd: " + line(e.Message, fields))
}
