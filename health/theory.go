package health

import (
	"math"
	"time"
)

// The mathematics of detection, for planning and for the tests that hold the
// Detector against it. p is the chance that one packet is lost one way, and
// losses are taken as independent; real loss comes in bursts, so these are lower
// bounds of what a window must bear. k is Misses, r is Rises.

// ProbeLoss returns the chance that a probe of one round trip fails:
// 1 - (1-p)².
func ProbeLoss(p float64) float64 { return 1 - (1-p)*(1-p) }

// FalseAlarmProbes returns the mean number of probes until k in a row fail,
// each with chance q: (1 - q^k) / ((1-q) q^k).
func FalseAlarmProbes(q float64, k int) float64 {
	qk := math.Pow(q, float64(k))
	return (1 - qk) / ((1 - q) * qk)
}

// FalseDownProbes returns how many probes a false alarm lasts on average, until
// r in a row succeed: (1 - s^r) / ((1-s) s^r) with s = 1-q.
func FalseDownProbes(q float64, r int) float64 { return FalseAlarmProbes(1-q, r) }

// FalseQuorumProbes returns the mean number of probe intervals until m of v
// independent vantages are in false alarm at once:
// 1 / (C(v,m) m λ^m D^(m-1)) with λ = 1/FalseAlarmProbes, D = FalseDownProbes.
func FalseQuorumProbes(q float64, k, r, m, v int) float64 {
	lambda, d := 1/FalseAlarmProbes(q, k), FalseDownProbes(q, r)
	return 1 / (choose(v, m) * float64(m) * math.Pow(lambda, float64(m)) * math.Pow(d, float64(m-1)))
}

// DetectionMean returns the mean time from a crash to the k-th miss of one
// vantage: (k - 1/2) T + timeout.
func DetectionMean(interval, timeout time.Duration, k int) time.Duration {
	return time.Duration(k)*interval - interval/2 + timeout
}

// DetectionWorst returns the longest such time without jitter: k T + timeout.
func DetectionWorst(interval, timeout time.Duration, k int) time.Duration {
	return time.Duration(k)*interval + timeout
}

// FalseVerdictProbes is FalseQuorumProbes for what the Detector does: m of v
// vantages are in false alarm at once, and the latest probe of each was lost, too.
// Of its D probes of a false alarm a vantage has lost L = 1 + qD, in 1 + q(D-L)
// runs: 1 / (C(v,m) m λ^m (1 + q(D-L)) L^(m-1)).
func FalseVerdictProbes(q float64, k, r, m, v int) float64 {
	d := FalseDownProbes(q, r)
	lost := 1 + q*d
	return FalseQuorumProbes(q, k, r, m, v) * math.Pow(d/lost, float64(m-1)) / (1 + q*(d-lost))
}

func choose(n, k int) float64 {
	out := 1.0
	for i := range k {
		out = out * float64(n-i) / float64(i+1)
	}
	return out
}
