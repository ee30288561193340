package serve

import (
	"testing"

	"jembatan/failover"
	"jembatan/internal/notify"
)

// Of tries that fail one after the other the history has the first.
func TestTriesInVain(t *testing.T) {
	a := &alerts{}
	failed := notify.Outcome{Channel: "sms", Route: "gsm", To: "1", State: notify.Failed}
	through, other := failed, failed
	through.State, other.Route = notify.Delivered, "gateway"
	for i, tt := range []struct {
		o    notify.Outcome
		want bool
	}{{failed, false}, {failed, true}, {other, false}, {through, false}, {failed, false}, {failed, true}} {
		if got := a.again(tt.o); got != tt.want {
			t.Errorf("%d: %v, want %v", i, got, tt.want)
		}
	}
	if failureOf(notify.Delivered) != failover.Done || failureOf(notify.Expired) == failover.Done {
		t.Error("what was not delivered is done")
	}
}
