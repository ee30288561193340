package serve

import (
	"strings"
	"sync"

	"github.com/rs/zerolog"

	"jembatan/failover/runner"
	"jembatan/health/replication"
)

// data is the latest verdict about the databases of a service, for people. What
// decides goes to the runner.
type data struct {
	log zerolog.Logger

	mu     sync.Mutex
	last   replication.Report           // guarded by mu
	warned map[replication.Warning]bool // guarded by mu
}

// take notes a verdict, and logs each unsafe setting once.
func (d *data) take(r replication.Report) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = r
	for _, w := range r.Warnings {
		if d.warned[w] {
			continue
		}
		if d.warned == nil {
			d.warned = map[replication.Warning]bool{}
		}
		d.warned[w] = true
		d.log.Warn().Str("server", w.Server).Str("setting", w.Setting).Str("have", w.Have).Str("want", w.Want).Msg("setting is not safe: " + w.Why)
	}
}

// explain adds to a status why the data stand as they do.
func (d *data) explain(s *runner.Status) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range s.Servers {
		r := d.last.Server(s.Servers[i].Name)
		if r.Reason != replication.NoReason {
			s.Servers[i].SyncWhy = strings.TrimSpace(string(r.Reason) + " " + r.Detail)
		}
	}
}
