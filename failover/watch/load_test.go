package watch

import (
	"runtime"
	"syscall"
	"testing"
	"time"

	"jembatan/health"
	"jembatan/internal/mariadb"
)

// BenchmarkWatcher says what watching costs: processor time a second, of a service
// with three servers, four vantage routers and the fastest profile.
// The databases are processes of their own and are not counted; the sink's
// Detector is.
func BenchmarkWatcher(b *testing.B) {
	c := watched(b, mariadb.Options{Servers: 3, Shape: mariadb.Star}, "lan")
	c.settled()
	for b.Loop() {
		samples, reports := len(c.sink.of(time.Time{}, anything)), c.reports.Load()
		before, began := processor(b), time.Now()
		time.Sleep(5 * time.Second)
		took := time.Since(began).Seconds()
		b.ReportMetric(1000*(processor(b)-before).Seconds()/took, "cpu-ms/s")
		b.ReportMetric(float64(len(c.sink.of(time.Time{}, anything))-samples)/took, "samples/s")
		b.ReportMetric(float64(c.reports.Load()-reports)/took, "rounds/s")
		b.ReportMetric(float64(runtime.NumGoroutine()), "goroutines")
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapInuse)/(1<<20), "heap-MiB")
	}
}

func anything(health.Sample) bool { return true }

// processor is the time that this process has computed so far.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
