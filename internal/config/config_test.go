package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"jembatan/internal/config"
)

func TestDefaultsAreLoaded(t *testing.T) {
	got, err := config.Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(config.Defaults(), got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestWeight sets one setting in all three places: a flag beats the environment,
// which beats the file.
func TestWeight(t *testing.T) {
	file := filepath.Join(t.TempDir(), "settings.yaml")
	if err := os.WriteFile(file, []byte("log: {level: error}\nfleet: {dials: 7, dial_timeout: 3s}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("JEMBATAN_FLEET_DIALS", "9")
	t.Setenv("JEMBATAN_LOG_LEVEL", "info")
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.String("log-level", "warn", "")
	if err := flags.Parse([]string{"--log-level", "debug"}); err != nil {
		t.Fatal(err)
	}
	got, err := config.Load(file, map[string]*pflag.Flag{"log.level": flags.Lookup("log-level")})
	if err != nil {
		t.Fatal(err)
	}
	want := config.Defaults()
	want.Log.Level, want.Fleet.Dials, want.Fleet.DialTimeout = "debug", 9, 3*time.Second
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestWrongSettings(t *testing.T) {
	for text, want := range map[string]string{
		"colour: true":                          "colour",
		"fleet: {dials: 0}":                     "fleet.dials: want 1..1024",
		"log: {level: loud, format: xml}":       "log.level: want trace",
		"apply: {parallel: 100}":                "apply.parallel: want 1..64",
		"fleet: {dial_timeout: -1s}":            "fleet.dial_timeout: want a time above zero",
		"fleet: {dial_timeout: soon}":           "dial_timeout",
		"log: {level: loud}\nfleet: {dials: 0}": "fleet.dials",
		"log: [":                                "settings",
	} {
		file := filepath.Join(t.TempDir(), "settings.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := config.Load(file, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want something about %q", text, err, want)
		}
	}
	if _, err := config.Load(filepath.Join(t.TempDir(), "none.yaml"), nil); err == nil {
		t.Error("a file that is not there is no error")
	}
}

// TestEveryDefaultIsDescribed keeps the reference page whole.
func TestEveryDefaultIsDescribed(t *testing.T) {
	for _, s := range config.Reference() {
		if s.About == "" {
			t.Errorf("%s has no description", s.Key)
		}
	}
}
