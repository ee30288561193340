package journal_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"jembatan/failover/journal"
	"jembatan/failover/lease"
)

// BenchmarkSave saves a state and three entries each time, on the disk of the
// temporary directory.
func BenchmarkSave(b *testing.B) {
	s := open(b, lease.Options{Dir: b.TempDir()})
	j := journal.New(s)
	var took []time.Duration
	lead(b, s, func(ctx context.Context, term *lease.Term) {
		for n := uint64(1); b.Loop(); n++ {
			began := time.Now()
			if err := j.Save(ctx, term, "erp", stateOf(n), entriesOf(n, 3)); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(began))
		}
	})
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}
