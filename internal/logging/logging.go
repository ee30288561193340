// Package logging makes the program's logger. Loggers are passed by value;
// there is no global one.
package logging

import (
	"fmt"
	"io"
	"time"

	"github.com/rs/zerolog"
)

// New returns a logger that writes to w. level is a zerolog level or "off",
// format is "text" or "json"; colour is for terminals.
func New(w io.Writer, level, format string, colour bool) (zerolog.Logger, error) {
	if level == "off" {
		level = "disabled"
	}
	l, err := zerolog.ParseLevel(level)
	if err != nil {
		return zerolog.Nop(), fmt.Errorf("log level: %w", err)
	}
	if format == "text" {
		w = zerolog.ConsoleWriter{Out: w, NoColor: !colour, TimeFormat: time.TimeOnly}
	}
	return zerolog.New(w).Level(l).With().Timestamp().Logger(), nil
}
