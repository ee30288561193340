package lease

import (
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// Defaults and limits of Options.
const (
	DefaultPrefix = "/jembatan"
	DefaultTTL    = 5 * time.Second
	MinTTL        = 2 * time.Second // one and a half elections of etcd at its defaults, rounded up
	MaxTTL        = 10 * time.Minute
	MaxHolder     = 256 // bytes
)

// Options say where the store is and who is asking.
type Options struct {
	// Dir is the data directory of a member in this process, made if missing.
	// It is used when Endpoints is empty, by one process at a time.
	Dir string
	// Endpoints are those of a cluster: host:port, http, https or unix URLs.
	Endpoints []string
	TLS       *tls.Config // of the cluster; nil speaks plainly
	User      string
	// Password returns User's. It is called once, and a function so that
	// printing Options cannot show it.
	Password func() string

	Prefix string        // of all keys; DefaultPrefix if empty
	Holder string        // name of this controller; host, pid and a random word if empty
	TTL    time.Duration // of leadership, in whole seconds; DefaultTTL if 0

	// Observe, if set, is told while this controller waits in Lead: who leads,
	// each time that changes, and what went wrong, each time the store could not
	// be asked (holder is "" then). It is called from Lead and must not block.
	Observe func(holder string, epoch uint64, err error)
	// Log, if set, gets the member's own warnings and errors, from any
	// goroutine. Without it they are dropped.
	Log func(level, message string)
}

// resolve fills in defaults and says what cannot be meant.
func (o Options) resolve() (Options, error) {
	if o.Prefix == "" {
		o.Prefix = DefaultPrefix
	}
	if o.TTL == 0 {
		o.TTL = DefaultTTL
	}
	if o.Holder == "" {
		host, err := os.Hostname()
		if err != nil {
			host = "unknown"
		}
		o.Holder = fmt.Sprintf("%s/%d/%s", host, os.Getpid(), rand.Text()[:8])
	}
	if o.Observe == nil {
		o.Observe = func(string, uint64, error) {}
	}
	switch {
	case o.Dir == "" && len(o.Endpoints) == 0:
		return o, errors.New("open store: neither a directory nor endpoints given")
	case !strings.HasPrefix(o.Prefix, "/") || strings.HasSuffix(o.Prefix, "/"):
		return o, fmt.Errorf("open store: prefix %q must begin with a slash and not end with one", o.Prefix)
	case o.TTL < MinTTL || o.TTL > MaxTTL || o.TTL%time.Second != 0:
		return o, fmt.Errorf("open store: TTL %s is not of whole seconds from %s to %s", o.TTL, MinTTL, MaxTTL)
	case strings.Contains(strings.Join(o.Endpoints, " "), "@"):
		return o, errors.New("open store: endpoints carry no user and no password; they have options of their own")
	case len(o.Holder) > MaxHolder:
		return o, fmt.Errorf("open store: holder of %d bytes, at most %d", len(o.Holder), MaxHolder)
	}
	return o, nil
}
