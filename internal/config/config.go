// Package config reads the settings of the program itself: how long to wait,
// how much at once, what to log. It is the only package that knows viper.
// Topology files never pass through it.
package config

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// Settings are the program's settings. They come, with growing weight, from
// Defaults, a file, JEMBATAN_* environment variables and flags.
type Settings struct {
	// StateDir holds the journals of applies. Empty means the usual place, see
	// app.StateDir.
	StateDir string `mapstructure:"state_dir"`

	Log   Log   `mapstructure:"log"`
	Fleet Fleet `mapstructure:"fleet"`
	Apply Apply `mapstructure:"apply"`
	Serve Serve `mapstructure:"serve"`
	Store Store `mapstructure:"store"`
}

// Serve says how the controller is reached.
type Serve struct {
	Socket  string `mapstructure:"socket"`  // empty: controller.sock beside the journals
	Metrics string `mapstructure:"metrics"` // host:port; empty: none
}

// Store says where the controller keeps its state and its leadership: in a
// member of etcd of its own, or in a cluster.
type Store struct {
	Dir       string        `mapstructure:"dir"`       // of the controller's own files; empty: controller beside the journals
	Endpoints []string      `mapstructure:"endpoints"` // of a cluster; none: a member of its own
	CA        string        `mapstructure:"ca"`        // files for the cluster
	Cert      string        `mapstructure:"cert"`
	Key       string        `mapstructure:"key"`
	Prefix    string        `mapstructure:"prefix"` // of every key
	TTL       time.Duration `mapstructure:"ttl"`    // of the leadership, whole seconds, 2s..1m
}

// Log says what is logged, to standard error.
type Log struct {
	Level  string `mapstructure:"level"`  // trace, debug, info, warn, error or off
	Format string `mapstructure:"format"` // text or json
}

// Fleet says how routers are talked to.
type Fleet struct {
	Dials       int           `mapstructure:"dials"`        // routers dialed at once, 1..1024
	DialTimeout time.Duration `mapstructure:"dial_timeout"` // connecting, TLS and login together
	CallTimeout time.Duration `mapstructure:"call_timeout"` // one command
}

// Apply says how plans are carried out.
type Apply struct {
	Parallel    int           `mapstructure:"parallel"`     // units at once on one router, 1..64
	UndoTimeout time.Duration `mapstructure:"undo_timeout"` // undoing one unit, a rebooting router included
	GuardTime   time.Duration `mapstructure:"guard_time"`   // before a scheduler guard fires, at least 4 s
	VerifyTime  time.Duration `mapstructure:"verify_time"`  // for tunnels to run and routers to answer afresh
}

// Defaults returns the settings of an installation that sets none.
func Defaults() Settings {
	return Settings{
		Log:   Log{Level: "warn", Format: "text"},
		Fleet: Fleet{Dials: 32, DialTimeout: 10 * time.Second, CallTimeout: 15 * time.Second},
		Apply: Apply{Parallel: 8, UndoTimeout: 90 * time.Second, GuardTime: 3 * time.Minute, VerifyTime: 30 * time.Second},
		Store: Store{Endpoints: []string{}, Prefix: "/jembatan", TTL: 5 * time.Second},
	}
}

// A Setting describes one setting for the reference page.
type Setting struct{ Key, Env, Default, About string }

// Reference lists every setting with its default.
func Reference() []Setting {
	about := map[string]string{
		"log.level":          "what is logged to standard error: trace, debug, info, warn, error, off",
		"log.format":         "text or json",
		"fleet.dials":        "routers dialed at once (1..1024)",
		"fleet.dial_timeout": "time for connecting, TLS and login together",
		"fleet.call_timeout": "time for one command of a router",
		"apply.parallel":     "units carried out at once on one router (1..64)",
		"apply.undo_timeout": "time for undoing one unit, waiting for a rebooting router included",
		"apply.guard_time":   "time after which a scheduler guard takes an apply back (at least 4s); the apply must be done in three quarters of it",
		"apply.verify_time":  "time for tunnels to run and routers to answer on a fresh connection before an apply is kept",
		"serve.socket":       "Unix socket of the controller; empty is controller.sock in the state directory",
		"serve.metrics":      "host:port where /metrics answers, for Prometheus; empty: nowhere",
		"store.dir":          "the controller's own files; empty is controller in the state directory",
		"store.endpoints":    "client URLs of an etcd cluster that compacts by itself (ADR 6), separated by commas; empty: a member of its own, without a network port",
		"store.ca":           "file with the authority of the cluster's certificates",
		"store.cert":         "file with the certificate shown to the cluster",
		"store.key":          "file with its key",
		"store.prefix":       "what every key in the cluster begins with",
		"store.ttl":          "time after which another controller takes over from a silent one (2s..1m, whole seconds)",
		"state_dir":          "journals of applies; empty is $XDG_STATE_HOME/jembatan, /var/lib/jembatan as root, else ~/.local/state/jembatan",
	}
	var out []Setting
	for _, d := range defaults() {
		out = append(out, Setting{Key: d.key, Env: envName(d.key), Default: fmt.Sprint(d.value), About: about[d.key]})
	}
	return out
}

type defaultValue struct {
	key   string
	value any
}

func defaults() []defaultValue {
	d := Defaults()
	return []defaultValue{
		{"log.level", d.Log.Level},
		{"log.format", d.Log.Format},
		{"fleet.dials", d.Fleet.Dials},
		{"fleet.dial_timeout", d.Fleet.DialTimeout},
		{"fleet.call_timeout", d.Fleet.CallTimeout},
		{"apply.parallel", d.Apply.Parallel},
		{"apply.undo_timeout", d.Apply.UndoTimeout},
		{"apply.guard_time", d.Apply.GuardTime},
		{"apply.verify_time", d.Apply.VerifyTime},
		{"serve.socket", d.Serve.Socket},
		{"serve.metrics", d.Serve.Metrics},
		{"store.dir", d.Store.Dir},
		{"store.endpoints", strings.Join(d.Store.Endpoints, ",")},
		{"store.ca", d.Store.CA},
		{"store.cert", d.Store.Cert},
		{"store.key", d.Store.Key},
		{"store.prefix", d.Store.Prefix},
		{"store.ttl", d.Store.TTL},
		{"state_dir", d.StateDir},
	}
}

func envName(key string) string {
	return "JEMBATAN_" + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// Load reads the settings. file may be empty: then only environment and flags
// count. flags maps settings to the flags that override them; a flag that was
// not given does not count. Unknown keys in the file are errors.
func Load(file string, flags map[string]*pflag.Flag) (Settings, error) {
	v := viper.New()
	for _, d := range defaults() {
		v.SetDefault(d.key, d.value)
		if err := v.BindEnv(d.key, envName(d.key)); err != nil {
			return Settings{}, fmt.Errorf("settings: %w", err)
		}
	}
	for key, flag := range flags {
		if err := v.BindPFlag(key, flag); err != nil {
			return Settings{}, fmt.Errorf("settings: %w", err)
		}
	}
	if file != "" {
		v.SetConfigFile(file)
		if err := v.ReadInConfig(); err != nil {
			return Settings{}, fmt.Errorf("settings: %w", err)
		}
	}
	var s Settings
	if err := v.UnmarshalExact(&s); err != nil {
		return Settings{}, fmt.Errorf("settings: %w", err)
	}
	return s, s.check()
}

// check reports every value that is out of its range.
func (s Settings) check() error {
	var errs []error
	within := func(key string, ok bool, want string) {
		if !ok {
			errs = append(errs, fmt.Errorf("settings: %s: want %s", key, want))
		}
	}
	switch s.Log.Level {
	case "trace", "debug", "info", "warn", "error", "off":
	default:
		within("log.level", false, "trace, debug, info, warn, error or off")
	}
	within("log.format", s.Log.Format == "text" || s.Log.Format == "json", "text or json")
	within("fleet.dials", s.Fleet.Dials >= 1 && s.Fleet.Dials <= 1024, "1..1024")
	within("fleet.dial_timeout", s.Fleet.DialTimeout > 0, "a time above zero")
	within("fleet.call_timeout", s.Fleet.CallTimeout > 0, "a time above zero")
	within("apply.parallel", s.Apply.Parallel >= 1 && s.Apply.Parallel <= 64, "1..64")
	within("apply.undo_timeout", s.Apply.UndoTimeout > 0, "a time above zero")
	within("apply.guard_time", s.Apply.GuardTime >= 4*time.Second, "at least 4s")
	within("apply.verify_time", s.Apply.VerifyTime > 0, "a time above zero")
	within("store.ttl", s.Store.TTL >= 2*time.Second && s.Store.TTL <= time.Minute && s.Store.TTL%time.Second == 0, "whole seconds, 2s..1m")
	within("store.prefix", strings.HasPrefix(s.Store.Prefix, "/") && len(s.Store.Prefix) <= 200, "a text that begins with /")
	within("store.cert", (s.Store.Cert == "") == (s.Store.Key == ""), "store.cert and store.key together")
	within("store.ca", len(s.Store.Endpoints) > 0 || s.Store.CA == "" && s.Store.Cert == "", "files of a cluster need store.endpoints")
	return errors.Join(errs...)
}
