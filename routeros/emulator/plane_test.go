package emulator

import (
	"net/netip"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// cable is a network that somebody else runs.
type cable struct {
	up         bool
	configured int
}

func (c *cable) Configured(string)                        { c.configured++ }
func (c *cable) Link(string, string) bool                 { return true }
func (c *cable) Tunnel(string, string) bool               { return c.up }
func (c *cable) Ping(string, netip.Addr, netip.Addr) bool { return c.up }
func (c *cable) Traffic(string, string) Traffic           { return Traffic{RxBytes: 7} }

func TestPlane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &cable{}
		w := NewWorldOn(p)
		defer w.Close()
		d, err := w.Add(Config{Name: "a"})
		if err != nil {
			t.Fatal(err)
		}
		tunnel(t, d, "t", "0.0.0.0", "192.0.2.1", "1")
		c := talk(t, d)
		c.ask("/interface/listen", "=.proplist=name,running")
		p.up = true
		w.Changed("a")
		synctest.Wait()
		same(t, "event", []string{"!re =name=t =running=true"}, c.take())
		if p.configured == 0 {
			t.Error("the plane was not told of the configuration")
		}
		r := do(t, d, "/interface/print", "=.proplist=rx-byte", "?name=t")[0]
		if diff := cmp.Diff(map[string]string{"rx-byte": "7"}, r); diff != "" {
			t.Error(diff)
		}
		if r := do(t, d, "/ping", "=address=192.0.2.1", "=count=1")[0]; r["status"] != "" {
			t.Errorf("ping: %v", r)
		}
	})
}
