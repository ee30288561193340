package emulator

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestSMS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := NewWorld()
		defer w.Close()
		d, err := w.Add(Config{Name: "sby"})
		if err != nil {
			t.Fatal(err)
		}
		send := func(words ...string) string {
			if _, err := d.Do("/tool/sms/send", words...); err != nil {
				return strings.TrimPrefix(err.Error(), "/tool/sms/send on sby: ")
			}
			return "sent"
		}
		hello := []string{"=port=lte1", "=phone-number=+628111", "=message=hello"}
		for _, c := range []struct {
			words []string
			want  string
		}{
			{hello, "sent"},
			{[]string{"=port=lte1", "=message=hello"}, "missing value(s) of argument(s) phone-number"},
			{[]string{"=port=lte1", "=phone-number=call me", "=message=x"}, "invalid value for argument phone-number"},
			{[]string{"=phone-number=112", "=message=x"}, "failure: no port"},
			{[]string{"=port=lte1", "=phone-number=112", "=message=é"}, "failure: message too long or not of GSM 7-bit"},
			{[]string{"=port=lte1", "=phone-number=112", "=message=" + strings.Repeat("[", 81)}, "failure: message too long or not of GSM 7-bit"},
			{[]string{"=port=lte1", "=phone-number=112", "=message=x", "=to=y"}, "unknown parameter to"},
		} {
			if got := send(c.words...); got != c.want {
				t.Errorf("%v: %q, want %q", c.words, got, c.want)
			}
		}
		d.Modem(30*time.Second, "")
		first := make(chan string)
		go func() { first <- send(hello...) }()
		synctest.Wait()
		if got := send(hello...); got != "failure: port is busy" {
			t.Errorf("the second at once: %q", got)
		}
		if got := <-first; got != "sent" {
			t.Errorf("the first: %q", got)
		}
		d.Modem(0, "no network")
		if got := send(hello...); got != "failure: no network" {
			t.Errorf("without a network: %q", got)
		}
		want := SMS{Port: "lte1", Phone: "+628111", Text: "hello"}
		if diff := cmp.Diff([]SMS{want, want}, d.Sent(), cmpopts.IgnoreFields(SMS{}, "At")); diff != "" {
			t.Error(diff)
		}
	})
}
