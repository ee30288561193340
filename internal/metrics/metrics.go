// Package metrics shows how services are in the text form that Prometheus reads.
// Names and meanings are one table, Table, from which the reference page is made.
package metrics

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"jembatan/failover/runner"
)

// A Source says how services are now.
type Source func(ctx context.Context) (services []runner.Status, leading bool, err error)

// A Metric describes one metric for the reference page.
type Metric struct {
	Name   string
	Labels []string
	About  string
}

// Names of metrics.
const (
	up       = "jembatan_leading"
	phase    = "jembatan_service_phase"
	active   = "jembatan_service_active"
	moves    = "jembatan_service_automatic_moves"
	ack      = "jembatan_service_needs_ack"
	reach    = "jembatan_service_routers_reachable"
	routers  = "jembatan_service_routers"
	behind   = "jembatan_service_routers_behind"
	verdict  = "jembatan_server_verdict"
	suspect  = "jembatan_server_suspected"
	open     = "jembatan_server_open"
	insync   = "jembatan_server_in_sync_age_seconds"
	lossless = "jembatan_server_lossless_age_seconds"
	lag      = "jembatan_server_behind_transactions"
)

// Table lists every metric of ours; all are gauges.
func Table() []Metric {
	s, x := []string{"service"}, []string{"service", "server"}
	return []Metric{
		{up, nil, "1 while this controller acts"},
		{phase, []string{"service", "phase", "reason"}, "1 for the phase that the service is in, with the reason why it is not further"},
		{active, x, "1 for the server that clients are led to, 0 for the others"},
		{moves, s, "automatic failovers of the last day"},
		{ack, s, "1 when no further automatic failover happens until a person has seen the last one"},
		{reach, s, "routers of the service that answer"},
		{routers, s, "routers of the service"},
		{behind, s, "routers that have not done all that they should"},
		{verdict, []string{"service", "server", "verdict"}, "1 for what is believed about the server: unknown, healthy, failed"},
		{suspect, x, "1 when at least one vantage says that it has failed, and the verdict does not"},
		{open, x, "1 when it was seen accepting writes"},
		{insync, x, "seconds since it was last seen in sync with the active server; absent: never, or it is the active one"},
		{lossless, x, "seconds since it was last proven to hold every acknowledged transaction; absent: never"},
		{lag, x, "transactions that it lacks, while it lags"},
	}
}

// collector asks the source at each scrape.
type collector struct {
	source Source
	descs  map[string]*prometheus.Desc
}

// scrapeLimit bounds the question at one scrape.
const scrapeLimit = 2 * time.Second

// Handler answers scrapes of our metrics and those of the process.
func Handler(source Source) http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(newCollector(source), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{MaxRequestsInFlight: 2, Timeout: 2 * scrapeLimit})
}

func newCollector(source Source) *collector {
	c := &collector{source, map[string]*prometheus.Desc{}}
	for _, m := range Table() {
		c.descs[m.Name] = prometheus.NewDesc(m.Name, m.About, m.Labels, nil)
	}
	return c
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, m := range Table() {
		out <- c.descs[m.Name]
	}
}

// Collect implements prometheus.Collector. When the services cannot be asked
// nothing is shown: an old number would look like a present one.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeLimit)
	defer cancel()
	services, leading, err := c.source(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(c.descs[up], err)
		return
	}
	now := time.Now()
	g := gauges{c, out}
	g.set(up, truth(leading))
	for i := range services {
		g.service(&services[i], now)
	}
}

// gauges sends values of one scrape.
type gauges struct {
	c   *collector
	out chan<- prometheus.Metric
}

func (g gauges) set(name string, value float64, labels ...string) {
	g.out <- prometheus.MustNewConstMetric(g.c.descs[name], prometheus.GaugeValue, value, labels...)
}

func (g gauges) service(s *runner.Status, now time.Time) {
	if s.Leading { // Who does not lead does not know.
		g.set(phase, 1, s.Service, s.Phase.String(), string(s.Reason))
		g.set(moves, float64(len(s.Moves)), s.Service)
		g.set(ack, truth(s.NeedAck), s.Service)
	}
	g.set(reach, float64(s.Routers.Reachable), s.Service)
	g.set(routers, float64(s.Routers.Total), s.Service)
	g.set(behind, float64(len(s.Degraded)), s.Service)
	for _, x := range s.Servers {
		if s.Leading {
			g.set(active, truth(x.Active), s.Service, x.Name)
		}
		g.set(verdict, 1, s.Service, x.Name, x.Health.Verdict.String())
		g.set(suspect, truth(x.Health.Suspect), s.Service, x.Name)
		g.set(open, truth(x.Open), s.Service, x.Name)
		if x.Active {
			continue
		}
		g.age(insync, x.SyncedAt, now, s.Service, x.Name)
		g.age(lossless, x.LosslessAt, now, s.Service, x.Name)
		g.set(lag, float64(x.Behind), s.Service, x.Name)
	}
}

func (g gauges) age(name string, at, now time.Time, labels ...string) {
	if !at.IsZero() {
		g.set(name, now.Sub(at).Seconds(), labels...)
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
